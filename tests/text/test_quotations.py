"""Who speaks where in a text, and what stays together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import read_ssml, read_text
from app.text.sentences import find_quotations
from app.types import Role, Sentence
from tests.growth import count_calls, grows_linearly

SAID, TOLD = Role.DIALOGUE, Role.NARRATION


def roles(sentences: list[Sentence]) -> list[list[tuple[str, Role]]]:
    return [[(clause.text, clause.role) for clause in sentence.clauses] for sentence in sentences]


CASES = [
    ('"Get out," she hissed.', [[('"Get out,"', SAID), ("she hissed.", TOLD)]]),
    (
        '"Where have you been?" Ruth demanded. She was tired.',
        [[('"Where have you been?"', SAID), ("Ruth demanded.", TOLD)], [("She was tired.", TOLD)]],
    ),
    ("“Stop!” old Mrs. Hale cried.", [[("“Stop!”", SAID), ("old Mrs. Hale cried.", TOLD)]]),
    (
        '"I see. You were here. And now?" he said.',
        [[('"I see. You were here. And now?"', SAID), ("he said.", TOLD)]],
    ),
    (
        '"Now, please," she said, "or else."',
        [[('"Now, please,"', SAID), ("she said,", TOLD), ('"or else."', SAID)]],
    ),
    ('He said, "No."', [[("He said,", TOLD), ('"No."', SAID)]]),
    ('"No", he replied.', [[('"No",', SAID), ("he replied.", TOLD)]]),
    ("«Ah!» dit-il.", [[("«Ah!»", SAID), ("dit-il.", TOLD)]]),
    ("'It's the boys' room,' said Tom.", [[("'It's the boys' room,'", SAID), ("said Tom.", TOLD)]]),
    ('The so-called "final" offer came.', [[('The so-called "final" offer came.', TOLD)]]),
    ('The 5" pipe and the 6" pipe.', [[('The 5" pipe and the 6" pipe.', TOLD)]]),
    ("It's Peter's 'thing' anyway.", [[("It's Peter's 'thing' anyway.", TOLD)]]),
    ('"Hello there"', [[('"Hello there"', SAID)]]),
    ('" "', [[('" "', TOLD)]]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_sentences_are_split_where_quotations_begin_and_end(text: str, expected: list[list[tuple[str, Role]]]) -> None:
    assert roles(list(read_text(text))) == expected
    assert roles(list(read_ssml(f"<speak>{text}</speak>", lambda style: None).sentences)) == expected


def test_a_speech_over_several_paragraphs_is_one_speakers() -> None:
    text = '"I went home. It rained.\n\n"And then I slept," he said.'
    assert roles(list(read_text(text))) == [
        [('"I went home.', SAID)],
        [("It rained.", SAID)],
        [('"And then I slept,"', SAID), ("he said.", TOLD)],
    ]


def test_narration_after_a_paragraph_is_no_tag() -> None:
    sentences = list(read_text('"Where?"\n\nRuth demanded silence.'))
    assert [sentence.text for sentence in sentences] == ['"Where?"', "Ruth demanded silence."]


def test_no_cut_falls_into_a_reading() -> None:
    document = '<speak>"Meet me at <sub alias="half past nine, really">9:30," she</sub> said.</speak>'
    sentences = list(read_ssml(document, lambda style: None).sentences)
    spoken = " ".join(clause.spoken for sentence in sentences for clause in sentence.clauses)
    assert "half past nine, really" in spoken


@given(st.text(alphabet="ab .,?!\n\"'“”‘’«»—", max_size=200))
def test_clauses_hold_all_that_is_no_white_space_in_order(text: str) -> None:
    sentences = list(read_text(text))
    clauses = [clause for sentence in sentences for clause in sentence.clauses]
    assert all(text[clause.start : clause.end] == clause.text for clause in clauses)
    assert "".join("".join(clause.text for clause in clauses).split()) == "".join(text.split())


@given(st.text(alphabet="ab .,?!\n\"'“”‘’«»—", max_size=200))
def test_quotations_are_in_order_and_do_not_overlap(text: str) -> None:
    places = [place for one in find_quotations(text) for place in (one.start, one.end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


@pytest.mark.parametrize("opening", ["", "<speak>"], ids=["text", "markup"])
def test_one_sentence_of_many_quotations_is_read_in_linear_time(opening: str) -> None:
    def cost(length: int) -> int:
        text = '"a," ' * (length // 5)
        if opening:
            return count_calls(lambda: list(read_ssml(f"<speak>{text}</speak>", lambda style: None).sentences))
        return count_calls(lambda: list(read_text(text)))

    assert grows_linearly(cost, 16_000)


@pytest.mark.parametrize("text", ['"', "'a", '"a" ', "“a,” b ", "'tis ", '"' + "\n\n", "” "], ids=repr)
def test_finding_quotations_is_linear(text: str) -> None:
    def cost(length: int) -> int:
        return count_calls(lambda: list(find_quotations(text * (length // len(text)))))

    assert grows_linearly(cost, 40_000)
