"""Helpers of the tests of tags, which read texts as the service does."""

from __future__ import annotations

from app.emotion import find_word_emotion
from app.text import read_tagged
from app.text.sentences import read_text
from app.types import DEFAULT_PROSODY, Clause, PlanWarning, Sentence


def read(text: str) -> tuple[list[Sentence], tuple[PlanWarning, ...]]:
    """Return the sentences and warnings of a text, which may have no tags."""
    tagged = read_tagged(text, find_word_emotion)
    return (list(tagged.sentences), tagged.warnings) if tagged else (list(read_text(text)), ())


def read_clauses(text: str) -> list[Clause]:
    return [clause for sentence in read(text)[0] for clause in sentence.clauses]


def describe(text: str) -> str:
    """Return the clauses of a text with what is set for each, such as `<joy 1.5> We won! (1s) | Then it rained.`."""
    return " | ".join(map(describe_clause, read_clauses(text)))


def describe_clause(clause: Clause) -> str:
    manner = clause.manner
    factors = zip(("speed", "volume", "pitch"), (manner.speed, manner.volume, manner.pitch), strict=True)
    changes = [manner.emotion_spec, manner.degree] if manner.emotion_spec else []
    changes += [f"{name} {value:.3g}" for name, value in factors if value != getattr(DEFAULT_PROSODY, name)]
    marks = f"<{' '.join(str(one) for one in changes if one is not None)}> " if changes else ""
    pause = "" if clause.pause_after is None else f" ({clause.pause_after:g}s)"
    return f"{marks}{clause.text}{pause}"
