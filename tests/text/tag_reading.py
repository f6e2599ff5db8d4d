"""Helpers of the tests of tags, which read texts as the service does."""

from __future__ import annotations

from app.emotion import find_word_emotion
from app.text import read_input
from app.types import DEFAULT_PROSODY, Clause, InputFormat, PlanWarning, Sentence


def read(text: str, input_format: InputFormat = InputFormat.TEXT) -> tuple[list[Sentence], tuple[PlanWarning, ...]]:
    """Return the sentences and warnings of a text."""
    found = read_input(text, input_format, find_emotion=find_word_emotion)
    return list(found.sentences), found.warnings


def has_tags(text: str) -> bool:
    """Return whether a text is read otherwise than without tags."""
    return not read_input(text, InputFormat.TEXT, find_emotion=find_word_emotion).is_plain


def read_clauses(text: str, input_format: InputFormat = InputFormat.TEXT) -> list[Clause]:
    return [clause for sentence in read(text, input_format)[0] for clause in sentence.clauses]


def describe(text: str, input_format: InputFormat = InputFormat.TEXT) -> str:
    """Return the clauses of a text with what is set for each, such as `<joy 1.5> We won! (1s) | Then it rained.`."""
    return " | ".join(map(describe_clause, read_clauses(text, input_format)))


def describe_clause(clause: Clause) -> str:
    manner = clause.manner
    factors = zip(("speed", "volume", "pitch"), (manner.speed, manner.volume, manner.pitch), strict=True)
    changes = [manner.emotion_spec, manner.degree] if manner.emotion_spec else []
    changes += [f"{name} {value:.3g}" for name, value in factors if value != getattr(DEFAULT_PROSODY, name)]
    marks = f"<{' '.join(str(one) for one in changes if one is not None)}> " if changes else ""
    pause = "" if clause.pause_after is None else f" ({clause.pause_after:g}s)"
    return f"{marks}{clause.text}{pause}"
