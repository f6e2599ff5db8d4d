"""Who in a folder may speak which emotion, by the names of checkpoints and speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.plan import Emotion
from app.voices.discover import Part
from app.voices.naming import emotion_in

CONTRADICTORY, NAMELESS, BY_ONE, BY_CHECKPOINT, BY_BOTH = range(-1, 4)
"""How sure an emotion is: checkpoint and speaker name different ones; neither names one; a speaker of a checkpoint for
all emotions does; a checkpoint for this emotion alone does; checkpoint and speaker both do."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A checkpoint, or one of its speakers."""

    name: str
    """As questions and flags call it."""
    part: Part
    speaker: str | None
    emotion: Emotion | None
    """That it is named after."""
    sureness: int


Cast = dict[Emotion, Candidate]


def candidates(parts: Sequence[Part]) -> list[Candidate]:
    """Everybody who could speak; a speaker is called by the checkpoint, too, where there are several."""
    alone = len(parts) == 1
    return [
        Candidate(name_of(part, speaker, alone), part, speaker, *guess(part.emotion, emotion_in(speaker or "")))
        for part in parts
        for speaker in part.speakers or (None,)
    ]


def name_of(part: Part, speaker: str | None, alone: bool) -> str:
    """What questions and flags call a speaker, or the only one of a checkpoint."""
    if speaker is None:
        return part.name
    return speaker if alone else f"{part.name}/{speaker}"


def guess(checkpoint: Emotion | None, speaker: Emotion | None) -> tuple[Emotion | None, int]:
    """The emotion of a speaker of a checkpoint, by both names, and how sure it is."""
    if checkpoint is None and speaker is None:
        return None, NAMELESS
    if checkpoint == speaker:
        return speaker, BY_BOTH
    if speaker is None:
        return checkpoint, BY_CHECKPOINT
    # A checkpoint that is called neutral may well speak other emotions, one that is called angry is for anger alone.
    return (speaker, BY_ONE) if checkpoint in (None, Emotion.NEUTRAL) else (None, CONTRADICTORY)


def surest(everybody: Sequence[Candidate], emotion: Emotion) -> list[Candidate]:
    """Those who are named after an emotion most plainly."""
    named = [one for one in everybody if one.emotion is emotion]
    best = max((one.sureness for one in named), default=None)
    return [one for one in named if one.sureness == best]


def nameless(everybody: Sequence[Candidate]) -> list[Candidate]:
    """Those whose names tell no emotion."""
    return [one for one in everybody if one.sureness == NAMELESS]


def called(everybody: Sequence[Candidate], name: str) -> list[Candidate]:
    """Those of a name: of a checkpoint and speaker, or of one of both."""
    exact = [one for one in everybody if one.name == name]
    return exact or [one for one in everybody if name in (one.speaker, one.part.name)]
