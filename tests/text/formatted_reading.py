"""Helpers of the tests of Markdown, HTML and formulas, which read texts as the service does."""

from __future__ import annotations

from itertools import pairwise

from app.text import FormattedText, read_input
from app.types import InputFormat, Sentence


def read(text: str, input_format: InputFormat = InputFormat.AUTO) -> FormattedText:
    return read_input(text, input_format)


def read_aloud(text: str, input_format: InputFormat = InputFormat.AUTO) -> str:
    """Return what is read of a text: ` / ` stands between sentences, ` // ` between paragraphs."""
    aloud = ""
    for sentence in read(text, input_format).sentences:
        aloud += " ".join(clause.spoken for clause in sentence.clauses)
        aloud += " // " if sentence.ends_paragraph else " / "
    return aloud.rstrip(" /")


def read_warnings(text: str, input_format: InputFormat = InputFormat.AUTO) -> list[str]:
    return [warning.code for warning in read(text, input_format).warnings]


def check_places(text: str, sentences: list[Sentence]) -> None:
    """Check that spans are in order and disjoint, and that every character is at its place in the original."""
    clauses = [clause for sentence in sentences for clause in sentence.clauses]
    for before, after in pairwise(clauses):
        assert before.end <= after.start
    for clause in clauses:
        places = clause.places or tuple(range(clause.start, clause.start + len(clause.text)))
        assert len(places) == len(clause.text)
        assert all(before < after for before, after in pairwise(places))
        for character, place in zip(clause.text, places, strict=True):
            if character in " \n":
                assert not text[place].isalnum()
            elif character != text[place]:
                # A character reference, or the comma between two cells.
                assert text[place] == "&" or "&" in text[max(0, place - 9) : place] or character == ","
        if clause.text:
            assert clause.start == places[0] < clause.end <= len(text)
