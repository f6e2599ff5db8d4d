"""Dialogue and narration in a text, and the sentences that hold both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import read_ssml, read_text
from app.text.quotations import find_quotations
from app.types import Role, Sentence
from tests.growth import count_calls, grows_linearly

DIALOGUE, NARRATION = Role.DIALOGUE, Role.NARRATION


def list_roles(sentences: list[Sentence]) -> list[list[tuple[str, Role]]]:
    return [[(clause.text, clause.role) for clause in sentence.clauses] for sentence in sentences]


CASES = [
    ('"Get out," she hissed.', [[('"Get out,"', DIALOGUE), ("she hissed.", NARRATION)]]),
    (
        '"Where have you been?" Ruth demanded. She was tired.',
        [[('"Where have you been?"', DIALOGUE), ("Ruth demanded.", NARRATION)], [("She was tired.", NARRATION)]],
    ),
    ("“Stop!” old Mrs. Hale cried.", [[("“Stop!”", DIALOGUE), ("old Mrs. Hale cried.", NARRATION)]]),
    (
        '"I see. You were here. And now?" he said.',
        [
            [('"I see.', DIALOGUE)],
            [("You were here.", DIALOGUE)],
            [('And now?"', DIALOGUE), ("he said.", NARRATION)],
        ],
    ),
    (
        '"Now, please," she said, "or else."',
        [[('"Now, please,"', DIALOGUE), ("she said,", NARRATION), ('"or else."', DIALOGUE)]],
    ),
    ('He said, "No."', [[("He said,", NARRATION), ('"No."', DIALOGUE)]]),
    ('"No", he replied.', [[('"No",', DIALOGUE), ("he replied.", NARRATION)]]),
    ("«Ah!» dit-il.", [[("«Ah!»", DIALOGUE), ("dit-il.", NARRATION)]]),
    ("'It's the boys' room,' said Tom.", [[("'It's the boys' room,'", DIALOGUE), ("said Tom.", NARRATION)]]),
    ('The so-called "final" offer came.', [[('The so-called "final" offer came.', NARRATION)]]),
    ('The 5" pipe and the 6" pipe.', [[('The 5" pipe and the 6" pipe.', NARRATION)]]),
    ("It's Peter's 'thing' anyway.", [[("It's Peter's 'thing' anyway.", NARRATION)]]),
    ('"Hello there"', [[('"Hello there"', DIALOGUE)]]),
    ('" "', [[('" "', NARRATION)]]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_sentences_are_split_at_both_ends_of_quotations(text: str, expected: list[list[tuple[str, Role]]]) -> None:
    assert list_roles(list(read_text(text))) == expected
    assert list_roles(list(read_ssml(f"<speak>{text}</speak>", lambda style: None).sentences)) == expected


def test_a_speech_over_several_paragraphs_is_dialogue() -> None:
    text = '"I went home. It rained.\n\n"And then I slept," he said.'
    assert list_roles(list(read_text(text))) == [
        [('"I went home.', DIALOGUE)],
        [("It rained.", DIALOGUE)],
        [('"And then I slept,"', DIALOGUE), ("he said.", NARRATION)],
    ]


def test_narration_in_a_new_paragraph_does_not_join_the_quotation() -> None:
    sentences = list(read_text('"Where?"\n\nRuth demanded silence.'))
    assert [sentence.text for sentence in sentences] == ['"Where?"', "Ruth demanded silence."]


def test_a_substitution_is_not_split_by_a_quotation() -> None:
    document = '<speak>"Meet me at <sub alias="half past nine, really">9:30," she</sub> said.</speak>'
    sentences = list(read_ssml(document, lambda style: None).sentences)
    spoken = " ".join(clause.spoken for sentence in sentences for clause in sentence.clauses)
    assert "half past nine, really" in spoken


@given(st.text(alphabet="ab .,?!\n\"'“”‘’«»—", max_size=200))
def test_clauses_hold_everything_but_white_space_in_order(text: str) -> None:
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
def test_one_sentence_of_many_quotations_is_read_with_linear_work(opening: str) -> None:
    def measure_cost(length: int) -> int:
        text = '"a," ' * (length // 5)
        if opening:
            return count_calls(lambda: list(read_ssml(f"<speak>{text}</speak>", lambda style: None).sentences))
        return count_calls(lambda: list(read_text(text)))

    assert grows_linearly(measure_cost, 16_000)


@pytest.mark.parametrize("text", ['"', "'a", '"a" ', "“a,” b ", "'tis ", '"' + "\n\n", "” "], ids=repr)
def test_quotations_are_found_with_linear_work(text: str) -> None:
    def measure_cost(length: int) -> int:
        return count_calls(lambda: list(find_quotations(text * (length // len(text)))))

    assert grows_linearly(measure_cost, 40_000)
