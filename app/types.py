"""What a caller asks for, checked and in its canonical form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


Samples: TypeAlias = "npt.NDArray[np.float32]"
"""Sound of one channel, within -1 to 1."""


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
    FALLBACK = "fallback"


class StrengthMode(StrEnum):
    """How strongly the emotions of a text are spoken."""

    AUTO = "auto"
    """As strongly as the text asks for."""
    FIXED = "fixed"
    """All at the same strength."""


class Role(StrEnum):
    """Whose words an utterance is."""

    NARRATION = "narration"
    DIALOGUE = "dialogue"
    """Words within quotation marks that somebody says."""


Probabilities = Mapping[Emotion, float]
"""One probability for each of the seven emotions, sum 1."""


Blend = Mapping[Emotion, float]
"""Weights of some emotions, each above 0, sum 1."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a classifier says of a sentence."""

    probabilities: Probabilities
    intensity: float | None = None
    """How strongly the emotion is felt, 0 to 1; None if the classifier does not estimate it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a sentence shall sound like, whatever the voice can speak."""

    emotion: Emotion
    source: Source
    reason: str
    """One sentence that a person understands."""
    probabilities: Probabilities | None = None
    """None where nothing was classified."""
    blend: Blend | None = None
    """Several emotions at once; `emotion` is then the one with the largest weight."""
    strength: float | None = None
    """How strongly the text asks for the emotion, 0 (neutral) to 2; None where somebody chose the emotion."""


@dataclass(frozen=True, slots=True)
class PlanFingerprint:
    """What an utterance was when it was first planned: tells what was edited since."""

    emotion: Emotion
    text_sha256: str
    """Of the text in UTF-8, hexadecimal."""

    @classmethod
    def of(cls, emotion: Emotion, text: str) -> PlanFingerprint:
        """Of an utterance that is planned now."""
        return cls(emotion, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


@dataclass(frozen=True, slots=True)
class Prosody:
    """How markup wants a stretch of text to be spoken; what it leaves open is as the request says."""

    voice: str | None = None
    """Name or alias."""
    emotion_spec: Emotion | Blend | None = None
    """What a style pins; None where none does."""
    degree: float | None = None
    """How strongly, 0.01 to 2."""
    speed: float = 1.0
    """Factor on the request's."""
    volume: float = 1.0
    """Gain, linear, 0 to 2."""
    pitch: float = 0.0
    """Semitones above the voice's own, -12 to 12."""


DEFAULT_PROSODY = Prosody()
NO_SPAN = -1
"""Start and end of a clause whose text was edited in a plan."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text that the caller wants to know the time of."""

    name: str
    place: int
    """Code points from the beginning of the clause's text."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the request's text that is spoken at once: a sentence, or a part of one.

    Sentences are cut where they are too long for a model, where a quotation begins or ends, and where markup asks for a
    pause or another manner.
    """

    text: str
    """Without markup; exactly `request[start:end]` where the request is plain text. Empty for a pause of its own."""
    start: int
    """Code points from the beginning of the request's text, markup included; NOWHERE where it stands in none."""
    end: int
    """Code points, exclusive."""
    spoken: str
    """The text as it will be read: numbers, dates and symbols in words. Empty where nothing can be pronounced. What
    `phonetic` wrote stands for phonemes."""
    manner: Prosody = DEFAULT_PROSODY
    pause_after: float | None = None
    """Seconds; None leaves it to the marks of the text and the emotions around it."""
    ssml: str = ""
    """The markup inside, where it changes the reading (say-as, sub, phoneme, mark)."""
    marks: tuple[Mark, ...] = ()
    places: tuple[int, ...] | None = None
    """Where in the request each character of `text` stands; None where they follow each other from `start` on."""
    analyzed: PlanFingerprint | None = None
    """What it was in the plan that came back; None where it is planned for the first time."""
    role: Role = Role.NARRATION


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the request: what the classifier sees, cut into the clauses that the voice speaks."""

    text: str
    """Without markup; exactly `request[start:end]` where the request is plain text."""
    start: int
    """Code points from the beginning of the request's text."""
    end: int
    """Code points, exclusive."""
    clauses: tuple[Clause, ...]
    """At least one; in order; they leave out only white space of the sentence."""
    ends_paragraph: bool = False
    """Whether a blank line or the end of the text follows."""

    @property
    def has_dialogue(self) -> bool:
        """Whether some of its words are somebody's speech."""
        return any(clause.role is Role.DIALOGUE for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class CheckpointName:
    """Which weights speak an emotion, as the plan reports it."""

    name: str
    sha256: str
    """Hash of the acoustic model's file, hexadecimal."""


@dataclass(frozen=True, slots=True)
class VoiceCapabilities:
    """What the planner may choose from; the pipeline takes it from the registry."""

    voice: str
    checkpoints: Mapping[Emotion, CheckpointName]
    """The emotions that the voice can speak; neutral is always there."""
    fallbacks: Mapping[Emotion, tuple[Emotion, ...]]
    """What to try, in order, for an emotion that is missing; neutral is always the last resort."""
    degree: bool
    """Whether the strength of an emotion can be varied, and emotions be blended."""
    pitch: bool = False
    """Whether its pitch can be moved."""


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something that was done other than asked: a stable code for programs, a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Word:
    """When a word is heard."""

    text: str
    span: tuple[int, int] | None
    """Code points in the request's text; None where the text is not the request's any more."""
    start: float
    """Seconds from the beginning of the audio."""
    end: float
    place: int = 0
    """Code points from the beginning of the utterance's text."""


@dataclass(frozen=True, slots=True)
class TimedMark:
    """When a mark is reached."""

    name: str
    time: float
    """Seconds from the beginning of the audio."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One clause with everything decided about how it is spoken."""

    text: str
    span: tuple[int, int] | None
    """Code points in the request's text, half open; None where the text was edited."""
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
    strength: float | None = None
    """As in `Decision`."""
    degree: float = 1.0
    """How strongly the emotion is spoken, 0.01 to 2."""
    role: Role = Role.NARRATION
    speed: float = 1.0
    """Speaking rate, 0.25 to 4."""
    volume: float = 1.0
    """Gain, linear."""
    pitch: float = 0.0
    """Semitones above the voice's own."""
    pause_after: float = 0.0
    """Seconds of silence behind it."""
    requested_emotion: Emotion | None = None
    """What was wanted and the voice cannot speak, so that `emotion` speaks instead; None where nothing was lacking."""
    ssml: str = ""
    """As in `Clause`, like the next three."""
    marks: tuple[Mark, ...] = ()
    places: tuple[int, ...] | None = None
    analyzed: PlanFingerprint | None = None
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
    marks: tuple[TimedMark, ...] = ()
    """Only after synthesis."""


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


class EditedUtterance(NamedTuple):
    """An utterance of a plan that came back."""

    sentence: Sentence
    decision: Decision | None
    """None has the classifier label it again."""
    warnings: tuple[PlanWarning, ...] = ()
    """What reading its markup had to say."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A text, a marked-up text or a plan, and how it is spoken."""

    text: str
    """What to speak; empty where a plan came back."""
    voice: str | None = None
    """Name or alias; None is the default voice."""
    emotion: Emotion | Blend | None = None
    """None labels each sentence; an emotion, or several with their weights, pins them all."""
    degree: float = 1.0
    """A factor on the strength of the text."""
    strength: StrengthMode | None = None
    """None is as the operator has it, like the next one."""
    expressiveness: float | None = None
    """0 to 2, see `app.emotion.Expression`."""
    context: tuple[str, ...] = ()
    """Earlier texts, which are read for the emotions and not spoken."""
    speed: float = 1.0
    seed: int | None = None
    strict: bool = False
    """Refuse where the voice lacks an emotion, instead of falling back."""
    markup: bool = False
    """Whether the text is SSML."""
    edited: tuple[EditedUtterance, ...] | None = None
    """The utterances of a plan that came back."""
    key_name: str | None = None
    """Name of the key that the request came with; None where there are no keys. Caches keep the keys apart: that a
    sentence was spoken before would tell one caller what another one had sent."""
    rate_for: Callable[[int], int] = int
    """The highest rate of the voices that speak (Hertz) -> the rate of the answer; by default the same."""
    check_room: Callable[[float, int], None] = lambda seconds, rate: None
    """Raises where so many seconds at that rate (Hertz) have no room in the answer; by default all have."""

    @property
    def min_spoken_chars(self) -> int:
        """Characters that are heard for certain: letters and digits, unless there is markup, which may hurry them."""
        return 0 if self.markup else sum(map(str.isalnum, self.text))
