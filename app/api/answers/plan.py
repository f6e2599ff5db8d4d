"""A plan, and speech that comes with one."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from app.api.answers.exact import exact
from app.api.fields import Degree, Hertz, Pause, Pitch, Seconds, Sha256, Share, Span, Speed, Strength, Volume
from app.plan import Emotion, Role, Source


@exact
class Classifier(TypedDict):
    """Which classifier labelled the text."""

    name: str
    version: str


@exact
class Analyzed(TypedDict):
    """What an utterance was when it was first planned: tells what was edited since."""

    emotion: Emotion
    text_sha256: Sha256
    """Of the text in UTF-8."""


@exact
class Word(TypedDict):
    """When a word is heard."""

    text: str
    span: Span | None
    """Code points in the request's text, half open; null where the text was edited."""
    start: Seconds
    """Seconds from the beginning of the audio."""
    end: Seconds


@exact
class Utterance(TypedDict):
    """One sentence, or a part of one, with everything decided about how it is spoken."""

    text: str
    span: Span | None
    """Code points in the request's text, half open, markup included; null where the text was edited."""
    spoken: str
    """The text as it is read: numbers, dates and symbols in words."""
    voice: str
    emotion: Emotion
    blend: dict[Emotion, Share] | None
    """The weights of several emotions; `emotion` is then the one with the largest."""
    strength: Strength | None
    """How strongly the text asks for the emotion, 0 for neutral; null where somebody chose the emotion."""
    degree: Degree
    """How strongly the emotion is spoken: what markup says, else the strength times the request's degree."""
    role: Role
    """Whose words these are: `dialogue` is what somebody says within quotation marks."""
    speed: Speed
    """Speaking rate."""
    volume: Volume
    """Gain."""
    pause_after: Pause
    """Seconds of silence behind it."""
    probabilities: dict[Emotion, Share] | None
    """Of the seven emotions; null where nothing was classified."""
    source: Source
    """Who decided the emotion."""
    reason: str
    """One sentence that a person understands."""
    checkpoint: str
    """The weights that speak."""
    checkpoint_sha256: Sha256
    analyzed: Analyzed
    ssml: NotRequired[str]
    """Only where inner markup changes the reading."""
    pitch: NotRequired[Pitch]
    """Semitones above the voice's own, where it is moved."""
    start: NotRequired[Seconds]
    """Seconds in the audio; only after synthesis."""
    end: NotRequired[Seconds]
    """Seconds, the pause excluded; only after synthesis."""
    words: NotRequired[list[Word]]
    """Only after synthesis, where the model gives durations."""


@exact
class Mark(TypedDict):
    """When a mark of the SSML is reached."""

    name: str
    time: Seconds
    """Seconds from the beginning of the audio."""


@exact
class Warning(TypedDict):
    """Something that was done other than asked."""

    code: str
    """For programs."""
    detail: str
    """For people."""


@exact
class Plan(TypedDict):
    """All that was decided, and, after synthesis, measured. Edited, it can be sent back."""

    voice: str
    classifier: Classifier
    duration_estimate: Seconds
    """Seconds, before synthesis."""
    utterances: list[Utterance]
    marks: NotRequired[list[Mark]]
    """Only after synthesis."""
    warnings: list[Warning]


@exact
class TimedSpeech(TypedDict):
    """A complete file, and the plan with its times."""

    audio: str
    """In base64."""
    format: str
    content_type: str
    """Of the audio."""
    sample_rate: Hertz
    """Hertz."""
    duration: Seconds
    """Seconds."""
    plan: Plan
