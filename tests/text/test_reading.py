"""Reading a text: clauses that a model can speak, and time that grows only with the length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import count_expanded, normalize, read_ssml, read_text
from app.text.sentences import MAX_SPOKEN
from tests.growth import count_calls, grows_linearly
from tests.tables import check_rows

HOSTILE = (
    "a",
    ".",
    "1",
    "1,",
    "1.",
    "1:",
    "1/",
    "1-",
    "$1",
    "$",
    "Dr. ",
    "Mr. A",
    "e.g. ",
    "U.S.",
    "A.",
    "X",
    "Chapter I",
    "I read ",
    "W-w-",
    "shh ",
    "mmmh",
    "<3 ",
    "(ツ",
    "IT US ",
    "(",
    '"',
    "“",
    "'",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t\n",
    "\u0301",
    "😀",
    "😀 ",
    "👨\u200d",
    "@",
    "#",
    "a@",
    "a@a.",
    "www.",
    "http://",
    "a.com/",
    "-",
    "—",
    ", ",
    "! ",
    "He said. ",
    "May 5, ",
    "5 May ",
    "1st ",
    "%",
    "½",
    "+1 ",
    "\ud800",
    "\x00",
    "你",
    "a_",
    "St. ",
    "A" * 39 + " ",
    "Ms. ",
    "no. I ",
    "Vol. I",
    "a.a.a.",
    ".[1]",
    ".[1,",
    ".¹",
    "A\n",
    "a\r\n",
    "the\n",
    "The a\n",
    "1. a\n",
    "- A\n",
    "→\n",
    "a:\n",
    "a: b\n",
    "a|\n",
    " \n a",
    "Tom Lee " * 9 + "\n",
    "1 ",
    "1 000 ",
    "1.000",
    "1'000",
    "1*",
    "a=",
    "a-b ",
    "a/",
    "/a",
    "a.b/",
    "H2O",
    "(OH)2",
    "5 km/",
    "5' ",
    '5" ',
    "5°",
    "1h 2m ",
    "+1-",
    "code 1-",
    "DE89 ",
    "call ",
    "Mon-",
    "May-",
    "XIV ",
    "Vol. I",
    "est. ",
    "two ",
    "->",
    "A- ",
    "John 3:",
    "No. ",
    ":a",
    "arr[1]",
    "A1B2C3D4E5",
    "Mon/",
    "1/10 ",
    "0a1b2c3d-",
)
LONG = 4_000


@given(st.text(max_size=300), st.integers(20, 120))
def test_clauses_have_spans_in_the_original_and_respect_the_limit(text: str, limit: int) -> None:
    for sentence in read_text(text, limit):
        assert text[sentence.start : sentence.end] == sentence.text
        position = sentence.start
        assert sentence.clauses
        for clause in sentence.clauses:
            assert text[clause.start : clause.end] == clause.text
            assert not text[position : clause.start].strip()
            assert len(clause.spoken) <= limit
            position = clause.end
        assert position == sentence.end


def test_a_sentence_of_usual_length_is_one_clause() -> None:
    (sentence,) = read_text("We walked along the wall, and the gulls followed us.")
    assert [clause.text for clause in sentence.clauses] == [sentence.text]


def test_a_long_sentence_is_cut_after_its_commas() -> None:
    text = ", ".join(["the gulls followed us along the wall"] * 20) + "."
    (sentence,) = read_text(text)
    assert len(sentence.clauses) > 1
    assert all(clause.text.endswith((",", ".")) for clause in sentence.clauses)
    assert min(len(clause.spoken) for clause in sentence.clauses) > MAX_SPOKEN / 8


def test_five_thousand_letters_without_a_space_are_cut_and_nothing_is_lost() -> None:
    (sentence,) = read_text("a" * 5000)
    assert "".join(clause.text for clause in sentence.clauses) == "a" * 5000
    assert all(len(clause.spoken) <= MAX_SPOKEN for clause in sentence.clauses)


def test_clauses_of_expanded_digits_respect_the_limit() -> None:
    clauses = [clause for sentence in read_text("7" * 3000) for clause in sentence.clauses]
    assert all(len(clause.spoken) <= MAX_SPOKEN for clause in clauses)
    assert sum(clause.spoken.count("seven") for clause in clauses) == 3000


def test_a_family_emoji_is_not_cut_in_two() -> None:
    text = "👨\u200d👩\u200d👧" * 400
    for sentence in read_text(text, 60):
        assert not any(clause.text.startswith("\u200d") for clause in sentence.clauses)


@check_rows("unit", HOSTILE)
def test_hostile_text_is_read_with_linear_work(unit: str) -> None:
    def count_calls_to_read(length: int) -> int:
        text = (unit * length)[:length]
        return count_calls(lambda: list(read_text(text)))

    assert grows_linearly(count_calls_to_read, LONG)


def test_compatibility_characters_count_as_their_expansions() -> None:
    assert [count_expanded(text) for text in ("", "Hello.", "é½", "ﬁ", "\ufdfa" * 3)] == [0, 6, 3, 2, 3 * 15]
    assert count_expanded("…" * 9) == 9  # punctuation is not expanded


class LimitReached(Exception):
    """A signal that no more text may be read."""


@pytest.mark.parametrize("unit", ["\ufdfa", "7,777,777 "], ids=["ligatures", "numbers"])
@pytest.mark.parametrize("markup", [False, True], ids=["text", "ssml"])
def test_reading_a_long_sentence_stops_at_the_limit(unit: str, markup: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text, seen, normalized = unit * 4000, [], []

    def check(characters: int) -> None:
        seen.append(characters)
        if characters > 2000:
            raise LimitReached

    for module in ("app.text.clauses", "app.text.substitutions"):
        monkeypatch.setattr(
            f"{module}.normalize", lambda part, *rest: normalized.append(part) or normalize(part, *rest)
        )
    with pytest.raises(LimitReached):
        if markup:
            list(read_ssml(f"<speak>{text}</speak>", lambda style: None, check=check).sentences)
        else:
            list(read_text(text, check=check))
    assert seen == sorted(seen) and 2000 < seen[-1] <= 2000 + MAX_SPOKEN
    assert sum(map(len, normalized)) < len(text) / 3
