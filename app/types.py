"""Define the validated request, the plan and the synthesized speech."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from app.text.lexicon import Lexicon

Samples: TypeAlias = "npt.NDArray[np.float32]"
"""Audio of one channel, (samples,), within -1 to 1."""


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
    """Origin of an utterance's emotion: the classifier, an explicit choice, or a fallback of the voice."""

    CLASSIFIER = "classifier"
    PINNED = "pinned"
    FALLBACK = "fallback"


class StrengthMode(StrEnum):
    """Rule for the strength of the emotions of a text: derived from the text, or the same for all."""

    AUTO = "auto"
    FIXED = "fixed"


class InputFormat(StrEnum):
    """Format of a text; `auto` is Markdown or HTML if the text contains such markup, else plain text."""

    AUTO = "auto"
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


class Role(StrEnum):
    """Speaker of an utterance's words: the narrator, or a character in direct speech within quotation marks."""

    NARRATION = "narration"
    DIALOGUE = "dialogue"


Probabilities = Mapping[Emotion, float]
"""Probability of each emotion; their sum is 1."""
Blend = Mapping[Emotion, float]
"""Weights of some emotions, each above 0; their sum is 1."""
MAX_WEIGHT = 1000
"""Maximum weight in the blend of a request; only proportions matter, and a bound keeps the sum finite."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Output of the classifier for a sentence."""

    probabilities: Probabilities
    intensity: float | None = None
    """Intensity of the emotion, 0 to 1; None if the classifier does not estimate it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Emotion chosen for a sentence, regardless of what the voice can speak."""

    emotion: Emotion
    source: Source
    reason: str
    """Explanation for people, in one sentence."""
    probabilities: Probabilities | None = None
    """None if the sentence was not classified."""
    blend: Blend | None = None
    """Several emotions at once; `emotion` is then the one with the largest weight."""
    strength: float | None = None
    """Strength of the emotion in the text, 0 (neutral) to 2; None if the emotion was set explicitly."""


@dataclass(frozen=True, slots=True)
class PlanFingerprint:
    """Emotion and text of an utterance when it was first planned, to detect later edits."""

    emotion: Emotion
    text_sha256: str
    """Hash of the text in UTF-8, hexadecimal."""

    @classmethod
    def of(cls, emotion: Emotion, text: str) -> PlanFingerprint:
        """Return the fingerprint of an utterance."""
        return cls(emotion, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


@dataclass(frozen=True, slots=True)
class Prosody:
    """Prosody, voice and emotion that markup sets for a span of text; the request's options apply to the rest."""

    voice: str | None = None
    """Name or alias of a voice."""
    emotion_spec: Emotion | Blend | None = None
    """Emotion or blend that a style sets; None if there is none."""
    origin: str = "markup"
    """Name of what sets the emotion, for the reason in the plan."""
    degree: float | None = None
    """Strength of the emotion, 0.01 to 2; None if markup does not set it."""
    speed: float = 1.0
    """Factor on the request's speaking rate."""
    volume: float = 1.0
    """Linear gain, 0 to 2."""
    pitch: float = 0.0
    """Semitones above the voice's own pitch, -12 to 12."""


DEFAULT_PROSODY = Prosody()
NO_SPAN = -1
"""Start and end of a clause whose text was edited in a plan, so that it has no span in the request."""


@dataclass(frozen=True, slots=True)
class Mark:
    """SSML mark: an offset in a clause's text whose time the response reports."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class Clause:
    """Span of the request's text that is synthesized at once: a sentence or a part of one.

    Sentences are split if they are too long for a model, at quotation marks, and at markup for a pause or prosody.
    """

    text: str
    """Text without markup; exactly `request[start:end]` if the request is plain text. Empty for a pause alone."""
    start: int
    """Offset in the request's text, markup included, in code points; NO_SPAN if the clause has no span there."""
    end: int
    spoken: str
    """Normalized text in words and, from `app.text.phonetic`, phonemes. Empty if nothing can be pronounced."""
    manner: Prosody = DEFAULT_PROSODY
    pause_after: float | None = None
    """Seconds of silence; None derives it from the punctuation, the emotions on both sides and the speed."""
    ssml: str = ""
    """Markup within the clause, if it changes the reading (say-as, sub, phoneme, mark)."""
    marks: tuple[Mark, ...] = ()
    places: tuple[int, ...] | None = None
    """Offset in the request of each character of `text`; None if they are consecutive from `start` on."""
    analyzed: PlanFingerprint | None = None
    """Fingerprint from an edited plan; None if the clause is planned for the first time."""
    role: Role = Role.NARRATION
    speaker: str | None = None
    """Who speaks direct speech, as the text names them; None if it does not say so for certain."""
    is_label: bool = False
    """Whether the clause is the name before a line of a script, such as `RUTH:`."""
    ends_line: bool = False
    """Whether a line of verse ends within its sentence."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Sentence of the request: the classifier reads it whole, the voice speaks its clauses."""

    text: str
    start: int
    end: int
    """As in `Clause`."""
    clauses: tuple[Clause, ...]
    """At least one clause, in order; together they omit only white space of the sentence."""
    ends_paragraph: bool = False
    """Whether a blank line or the end of the text follows."""

    @property
    def has_dialogue(self) -> bool:
        """Whether the sentence contains direct speech."""
        return any(clause.role is Role.DIALOGUE for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Deviation from the request: a stable code for programs and a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Word:
    """Word with its time in the audio."""

    text: str
    span: tuple[int, int] | None
    """Code points in the request's text; None if the text was edited."""
    start: float
    end: float
    """Seconds from the beginning of the audio."""
    place: int = 0
    """Offset in the utterance's text."""


@dataclass(frozen=True, slots=True)
class TimedMark:
    """SSML mark with its time, in seconds from the beginning of the audio."""

    name: str
    time: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """Clause with all decisions on how to speak it; the rest is as in `Clause`, `Decision` and `Prosody`."""

    text: str
    span: tuple[int, int] | None
    """Code points in the request's text, half-open; None if the text was edited."""
    spoken: str
    voice: str
    emotion: Emotion
    probabilities: Probabilities | None
    source: Source
    reason: str
    checkpoint: str
    checkpoint_sha256: str
    blend: Blend | None = None
    strength: float | None = None
    degree: float = 1.0
    """Strength with which the voice speaks the emotion, 0.01 to 2."""
    role: Role = Role.NARRATION
    speaker: str | None = None
    speed: float = 1.0
    volume: float = 1.0
    pitch: float = 0.0
    pause_after: float = 0.0
    """Seconds of silence after the utterance."""
    approximated: bool = False
    """Whether rules approximate the emotion, of which the voice has no checkpoint."""
    requested_emotion: Emotion | None = None
    """Emotion that the voice lacks, so that `emotion` replaces it; None if there was no fallback."""
    ssml: str = ""
    marks: tuple[Mark, ...] = ()
    places: tuple[int, ...] | None = None
    analyzed: PlanFingerprint | None = None
    start: float | None = None
    end: float | None = None
    """Seconds from the beginning of the audio, the pause excluded; both are None before synthesis."""
    words: tuple[Word, ...] = ()
    """Empty before synthesis and if the model predicts no durations."""


@dataclass(frozen=True, slots=True)
class ClassifierId:
    """Classifier that labelled the text."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All decisions before synthesis and, afterwards, the measured times."""

    voice: str
    classifier: ClassifierId
    utterances: tuple[Utterance, ...]
    duration_estimate: float
    """Seconds of audio, estimated before synthesis."""
    warnings: tuple[PlanWarning, ...] = ()
    marks: tuple[TimedMark, ...] = ()
    """Empty before synthesis."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds that a request spent in each stage, for headers, logs and metrics."""

    queue: float = 0.0
    analyze: float = 0.0
    acoustic: float = 0.0
    vocoder: float = 0.0
    encode: float = 0.0


class EditedUtterance(NamedTuple):
    """Utterance of a plan that a client sends back, possibly edited."""

    sentence: Sentence
    decision: Decision | None
    """None if the classifier must label the utterance again."""
    warnings: tuple[PlanWarning, ...] = ()


class Turn(NamedTuple):
    """Part of a conversation that one voice speaks."""

    start: int
    end: int
    """Offsets in the request's text, in code points, half-open."""
    voice: str | None = None
    """Name or alias of a voice; None is that of the request."""
    emotion: Emotion | Blend | None = None
    """None has the classifier label each sentence."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Text, SSML or plan, and the options for speaking it; `volume` and `pitch` are as in `Prosody`."""

    text: str
    """Empty if the request contains a plan."""
    voice: str | None = None
    """Name or alias; None is the default voice."""
    voices: Mapping[str, str] = field(default_factory=dict)
    """Voices by what they speak: `narration`, `dialogue`, or a character's name; without effect on a plan."""
    turns: tuple[Turn, ...] = ()
    """Turns of a conversation, whose texts are parts of `text`; empty if the request contains something else."""
    emotion: Emotion | Blend | None = None
    """Emotion, or blend of several, for the whole text; None has the classifier label each sentence."""
    degree: float = 1.0
    """Factor on the strength of the text."""
    strength: StrengthMode | None = None
    expressiveness: float | None = None
    """0 to 2, see `app.planning.decide.StrengthRule`; None is the operator's setting, as for `strength`."""
    context: tuple[str, ...] = ()
    """Earlier texts, which only the classifier reads."""
    speed: float = 1.0
    """Speaking rate, 0.25 to 4."""
    seed: int | None = None
    """Seed for reproducible audio; None allows any rendition."""
    instructions: str | None = None
    """Request in free words for an emotion, a rate, a loudness or a pitch."""
    volume: float = 1.0
    pitch: float = 0.0
    pinned_by: str = "request"
    """Name of what sets `emotion`, for the reason in the plan."""
    has_emotion: bool = False
    """Whether the client set `emotion`, be it to None: instructions then set none."""
    tags: bool = False
    """Whether tags in the text, such as `[excited]`, are read as tags; without effect on SSML and on a plan."""
    input_format: InputFormat = InputFormat.AUTO
    """Without effect on SSML and on a plan."""
    lexicon: Lexicon | None = None
    """Readings of words, before those of the service; without effect on a plan."""
    strict: bool = False
    """Whether to refuse the request instead of falling back if the voice lacks an emotion."""
    markup: bool = False
    """Whether the text is SSML."""
    edited: tuple[EditedUtterance, ...] | None = None
    """None if the request contains no plan."""
    key_name: str | None = None
    """Name of the request's API key, if any. A cache hit of another key would reveal what its client had sent."""
    rate_for: Callable[[int], int] = int
    """Function from the highest sample rate of the voices (Hertz) to that of the response; by default the identity."""
    check_room: Callable[[float, int], None] = lambda seconds, rate: None
    """Function that raises if audio of some seconds and sample rate (Hertz) exceeds the response size limit."""

    @property
    def may_have_markup(self) -> bool:
        """Whether the text is SSML or may contain tags."""
        return self.markup or (self.tags and any(sign in self.text for sign in "[(<"))
