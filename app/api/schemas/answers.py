"""Answers: types that the code is checked against, and that the API reference is made from."""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.api.schemas.fields import Degree, Hertz, Pause, Pitch, Seconds, Sha256, Share, Span, Speed, Strength, Volume
from app.types import Emotion, Role, Source

exact = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
"""For a `TypedDict`: nothing is answered beside its fields, whose docstrings are shown in the API reference."""


@exact
class FieldProblem(TypedDict):
    """What is wrong with one field."""

    detail: str
    pointer: str
    """JSON pointer as a URI fragment (RFC 6901), such as `#/degree`."""


@exact
class Problem(TypedDict):
    """RFC 9457; `code` is stable and meant for programs, `detail` and `hint` for people."""

    type: str
    """`/errors/` and the code."""
    title: str
    """The same for every case of a code."""
    status: int
    detail: str
    code: str
    hint: str
    """What to do about it."""
    request_id: str
    """The same as in `X-Request-Id` and in the service's log."""
    errors: NotRequired[list[FieldProblem]]


@exact
class OpenAiProblem(TypedDict):
    """What went wrong, in OpenAI's words."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    """The field that is wrong."""
    code: str


@exact
class OpenAiError(TypedDict):
    """An error as OpenAI's clients expect it."""

    error: OpenAiProblem


@exact
class AudioDelta(TypedDict):
    """A piece of the audio; all of them, decoded and joined, are the file."""

    type: Literal["speech.audio.delta"]
    audio: str
    """In base64."""


@exact
class Usage(TypedDict):
    """What was read."""

    input_tokens: int
    """Characters."""
    output_tokens: int
    total_tokens: int


@exact
class AudioDone(TypedDict):
    """The last event, unless an error is."""

    type: Literal["speech.audio.done"]
    usage: Usage


@exact
class Model(TypedDict):
    """A name that is taken as `model`."""

    id: str
    object: Literal["model"]
    created: int
    """Seconds since 1970."""
    owned_by: str


@exact
class Models(TypedDict):
    """Every name that is listed; all are the same engine."""

    object: Literal["list"]
    data: list[Model]


@exact
class Named(TypedDict):
    """Something to choose from."""

    id: str
    name: str


@exact
class AudioModels(TypedDict):
    """Models as Open WebUI lists them."""

    models: list[Named]


@exact
class AudioVoices(TypedDict):
    """Voices and their other names as Open WebUI lists them."""

    voices: list[Named]


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


@exact
class Alive(TypedDict):
    """The process answers."""

    status: Literal["ok"]


@exact
class Ready(TypedDict):
    """It can speak."""

    status: Literal["ready"]


@exact
class Checkpoint(TypedDict):
    """The weights that speak an emotion."""

    checkpoint: str
    checkpoint_sha256: Sha256
    architecture: str


@exact
class Voice(TypedDict):
    """One voice."""

    name: str
    display_name: str
    locale: str
    gender: str
    sample_rate: Hertz
    """Hertz."""
    words_per_minute: float
    license: str
    degree: bool
    """Whether the strength of an emotion can be varied, and emotions be blended."""
    emotions: dict[Emotion, Checkpoint]
    fallbacks: dict[Emotion, Emotion]
    """What is spoken instead of each emotion that is missing."""


@exact
class Voices(TypedDict):
    """Everything that can be asked for by name."""

    default: str
    """The voice of requests that name none."""
    emotions: dict[Emotion, list[str]]
    """Each emotion with its other names."""
    aliases: dict[str, str]
    """Other names of voices."""
    voices: list[Voice]


@exact
class SsmlAttribute(TypedDict):
    """One attribute that has an effect."""

    name: str
    values: list[str]
    """All that are accepted, or examples of them."""
    note: str


@exact
class SsmlElement(TypedDict):
    """One element, by its name without a prefix."""

    name: str
    support: Literal["full", "partial", "text spoken", "dropped"]
    attributes: list[SsmlAttribute]
    note: str


@exact
class SsmlTable(TypedDict):
    """The markup that is understood; of any other element the text is read, with a warning."""

    elements: list[SsmlElement]
