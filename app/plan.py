"""The types that travel the whole way: text -> Sentence -> Utterance -> Plan -> Speech. Plain data, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Emotion(StrEnum):
    """Ekman's six basic emotions and neutral (doi 10.1080/02699939208411068)."""

    NEUTRAL = "neutral"
    JOY = "joy"
    SADNESS = "sadness"
    ANGER = "anger"
    FEAR = "fear"
    SURPRISE = "surprise"
    DISGUST = "disgust"


class Source(StrEnum):
    """Who decided an utterance's emotion."""

    CLASSIFIER = "classifier"
    PINNED = "pinned"
    SMOOTHED = "smoothed"
    FALLBACK = "fallback"


Probabilities = Mapping[Emotion, float]
"""One probability for each of the seven emotions, sum 1."""


Blend = Mapping[Emotion, float]
"""Weights of some emotions, each above 0, sum 1."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the request's text that is spoken at once: a sentence, or a part of one too long for a model."""

    text: str
    """Exactly `request[start:end]`."""
    start: int
    """Code points from the beginning of the request's text."""
    end: int
    """Code points, exclusive."""
    spoken: str
    """The text as it will be read: numbers, dates and symbols in words. Empty where nothing can be pronounced."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the request: what the classifier sees, cut into the clauses that the voice speaks."""

    text: str
    """Exactly `request[start:end]`."""
    start: int
    """Code points from the beginning of the request's text."""
    end: int
    """Code points, exclusive."""
    clauses: tuple[Clause, ...]
    """At least one; in order; they leave out only white space of the sentence."""
    ends_paragraph: bool = False
    """Whether a blank line or the end of the text follows."""


@dataclass(frozen=True, slots=True)
class CheckpointName:
    """Which weights speak an emotion, as the plan reports it."""

    name: str
    sha256: str
    """Hash of the acoustic model's file, hexadecimal."""


@dataclass(frozen=True, slots=True)
class VoiceAbilities:
    """What the planner may choose from; the pipeline takes it from the registry."""

    voice: str
    checkpoints: Mapping[Emotion, CheckpointName]
    """The emotions that the voice can speak; neutral is always there."""
    fallbacks: Mapping[Emotion, tuple[Emotion, ...]]
    """What to try, in order, for an emotion that is missing; neutral is always the last resort."""
    degree: bool
    """Whether the strength of an emotion can be varied, and emotions be blended."""


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something that was done other than asked: a stable code for programs, a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Word:
    """When a word is heard."""

    text: str
    span: tuple[int, int]
    """Code points in the request's text."""
    start: float
    """Seconds from the beginning of the audio."""
    end: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """One clause with everything decided about how it is spoken."""

    text: str
    span: tuple[int, int]
    """Code points in the request's text, half open."""
    spoken: str
    voice: str
    emotion: Emotion
    probabilities: Probabilities | None
    """None where nothing was classified."""
    source: Source
    reason: str
    """One sentence that a person understands."""
    checkpoint: str
    checkpoint_sha256: str
    blend: Blend | None = None
    """Several emotions at once; `emotion` is then the one with the largest weight."""
    degree: float = 1.0
    """How strongly, 0.01 to 2."""
    speed: float = 1.0
    """Speaking rate, 0.25 to 4."""
    volume: float = 1.0
    """Gain, linear."""
    pause_after: float = 0.0
    """Seconds of silence behind it."""
    start: float | None = None
    """Seconds in the audio; only after synthesis."""
    end: float | None = None
    """Seconds, the pause excluded; only after synthesis."""
    words: tuple[Word, ...] = ()
    """Only after synthesis, where the model gives durations."""


@dataclass(frozen=True, slots=True)
class ClassifierName:
    """Which classifier labelled the text."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was decided before (and measured after) anything is spoken."""

    voice: str
    classifier: ClassifierName
    utterances: tuple[Utterance, ...]
    duration_estimate: float
    """Seconds, before synthesis."""
    warnings: tuple[PlanWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds that a request spent in each stage; one value feeds headers, logs and metrics."""

    queue: float = 0.0
    analyze: float = 0.0
    acoustic: float = 0.0
    vocoder: float = 0.0
    encode: float = 0.0


@dataclass(frozen=True, slots=True)
class Speech:
    """The joined audio of a plan."""

    samples: npt.NDArray[np.float32]
    """Mono, (samples,), within -1..1."""
    sample_rate: int
    """Hertz."""
    plan: Plan
    """With start, end and words filled in."""
    timings: Timings = field(default_factory=Timings)

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate
