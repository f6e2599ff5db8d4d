"""What the tests of SSML share: documents read as the service reads them."""

from __future__ import annotations

from itertools import pairwise

from app.emotion.taxonomy import EMOTION_OF_NAME
from app.text import SsmlDocument, read_fragment, read_ssml
from app.text.sentences import MAX_SPOKEN
from app.types import Clause, Emotion, Sentence


def emotion_of_style(style: str) -> Emotion | None:
    return EMOTION_OF_NAME.get(style.lower())


def marked(document: str, max_spoken: int = MAX_SPOKEN) -> SsmlDocument:
    return read_ssml(document, emotion_of_style, max_spoken)


def sentences(inside: str) -> list[Sentence]:
    return list(marked(f"<speak>{inside}</speak>").sentences)


def clauses(inside: str) -> list[Clause]:
    return [clause for sentence in sentences(inside) for clause in sentence.clauses]


def texts(inside: str) -> list[str]:
    return [clause.text for clause in clauses(inside)]


def spoken(inside: str) -> list[str]:
    return [clause.spoken for clause in clauses(inside)]


def codes(inside: str) -> list[str]:
    return [warning.code for warning in marked(f"<speak>{inside}</speak>").warnings]


def check_places(document: str, read: list[Sentence]) -> None:
    """Every span is in order, apart from the others, and as small as it can be; every character is where it says."""
    parts = [clause for sentence in read for clause in sentence.clauses]
    for before, after in pairwise(parts):
        assert before.end <= after.start
    for sentence in read:
        assert sentence.clauses
        assert sentence.start <= sentence.clauses[0].start
        assert sentence.clauses[-1].end <= sentence.end or not sentence.clauses[-1].text
    for clause in parts:
        check_clause(document, clause)


def check_clause(document: str, clause: Clause) -> None:
    assert clause.text == clause.text.strip()
    places = clause.places or tuple(range(clause.start, clause.start + len(clause.text)))
    assert len(places) == len(clause.text)
    assert all(before < after for before, after in pairwise(places))
    for character, place in zip(clause.text, places, strict=True):
        here = document[place]
        # A blank stands for white space, or for a tag that parts words.
        assert here in (character, "&") or (character == " " and (here.isspace() or here == "<"))
    if clause.text:
        assert clause.start == places[0] < places[-1] + 1 <= clause.end
    else:
        assert clause.start == clause.end and clause.pause_after is not None and not clause.spoken
    assert all(0 <= mark.place <= len(clause.text) for mark in clause.marks)


def check_inner(clause: Clause) -> None:
    """The markup inside a clause is read as the clause was."""
    if clause.ssml:
        inner = read_fragment(clause.ssml)
        (again,) = inner.clauses
        assert (inner.text, again.spoken, again.marks) == (clause.text, clause.spoken, clause.marks)
        assert inner.warnings == ()
