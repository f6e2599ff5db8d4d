"""Helpers of the tests of SSML, which read documents as the service does."""

from __future__ import annotations

from itertools import pairwise

from app.emotion.taxonomy import EMOTION_OF_NAME
from app.text import SsmlDocument, read_fragment, read_ssml
from app.text.sentences import MAX_SPOKEN
from app.types import Clause, Emotion, Sentence


def find_emotion(style: str) -> Emotion | None:
    return EMOTION_OF_NAME.get(style.lower())


def read_document(document: str, max_spoken: int = MAX_SPOKEN) -> SsmlDocument:
    return read_ssml(document, find_emotion, max_spoken)


def read_sentences(inside: str) -> list[Sentence]:
    return list(read_document(f"<speak>{inside}</speak>").sentences)


def read_clauses(inside: str) -> list[Clause]:
    return [clause for sentence in read_sentences(inside) for clause in sentence.clauses]


def read_texts(inside: str) -> list[str]:
    return [clause.text for clause in read_clauses(inside)]


def read_spoken(inside: str) -> list[str]:
    return [clause.spoken for clause in read_clauses(inside)]


def read_codes(inside: str) -> list[str]:
    return [warning.code for warning in read_document(f"<speak>{inside}</speak>").warnings]


def check_places(document: str, read: list[Sentence], tag_starts: str = "<") -> None:
    """Check that spans are in order, disjoint and as small as possible, and that every character is at its place."""
    parts = [clause for sentence in read for clause in sentence.clauses]
    for before, after in pairwise(parts):
        assert before.end <= after.start
    for sentence in read:
        assert sentence.clauses
        assert sentence.start <= sentence.clauses[0].start
        assert sentence.clauses[-1].end <= sentence.end or not sentence.clauses[-1].text
    for clause in parts:
        check_clause(document, clause, tag_starts)


def check_clause(document: str, clause: Clause, tag_starts: str) -> None:
    assert clause.text == clause.text.strip()
    places = clause.places or tuple(range(clause.start, clause.start + len(clause.text)))
    assert len(places) == len(clause.text)
    assert all(before < after for before, after in pairwise(places))
    for character, place in zip(clause.text, places, strict=True):
        here = document[place]
        # A space stands for white space, or for a tag that separates words.
        assert here in (character, "&") or (character == " " and (here.isspace() or here in tag_starts))
    if clause.text:
        assert clause.start == places[0] < places[-1] + 1 <= clause.end
    else:
        assert clause.start == clause.end and clause.pause_after is not None and not clause.spoken
    assert all(0 <= mark.place <= len(clause.text) for mark in clause.marks)


def check_inner(clause: Clause) -> None:
    """Check that the markup inside a clause, on its own, is read as the clause was."""
    if clause.ssml:
        inner = read_fragment(clause.ssml)
        (again,) = inner.clauses
        assert (inner.text, again.spoken, again.marks) == (clause.text, clause.spoken, clause.marks)
        assert inner.warnings == ()
