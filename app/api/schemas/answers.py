"""Types of response bodies, used for type checking and to generate the API reference."""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.api.schemas.fields import Degree, Hertz, Pause, Pitch, Seconds, Sha256, Share, Span, Speed, Strength, Volume
from app.types import Emotion, Role, Source

closed_schema = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
"""Decorator of a `TypedDict`: allow no other fields, and show the docstrings of fields in the API reference."""


@closed_schema
class FieldProblem(TypedDict):
    """Error in one field."""

    detail: str
    pointer: str
    """JSON pointer as a URI fragment (RFC 6901), such as `#/degree`."""


@closed_schema
class Problem(TypedDict):
    """Error as problem details (RFC 9457); `code` is stable and meant for programs, `detail` and `hint` for people."""

    type: str
    """`/errors/` followed by the code."""
    title: str
    """The same for all errors with this code."""
    status: int
    detail: str
    code: str
    hint: str
    """How to resolve the error."""
    request_id: str
    """The same as in `X-Request-Id` and in the service's log."""
    errors: NotRequired[list[FieldProblem]]


@closed_schema
class OpenAiProblem(TypedDict):
    """Details of an error in OpenAI's format."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    """Name of the invalid field."""
    code: str


@closed_schema
class OpenAiError(TypedDict):
    """Error in OpenAI's format."""

    error: OpenAiProblem


@closed_schema
class AudioDelta(TypedDict):
    """Piece of the audio; all pieces, decoded and joined, are the file."""

    type: Literal["speech.audio.delta"]
    audio: str
    """Base64."""


@closed_schema
class Usage(TypedDict):
    """Amount of text that was read."""

    input_tokens: int
    """Number of characters."""
    output_tokens: int
    total_tokens: int


@closed_schema
class AudioDone(TypedDict):
    """Last event of a stream without errors."""

    type: Literal["speech.audio.done"]
    usage: Usage


@closed_schema
class Model(TypedDict):
    """Name that is accepted as `model`."""

    id: str
    object: Literal["model"]
    created: int
    """Seconds since 1970."""
    owned_by: str


@closed_schema
class Models(TypedDict):
    """All listed names; they are the same engine."""

    object: Literal["list"]
    data: list[Model]


@closed_schema
class Named(TypedDict):
    """Model or voice to choose from."""

    id: str
    name: str


@closed_schema
class AudioModels(TypedDict):
    """Models in the format of Open WebUI."""

    models: list[Named]


@closed_schema
class AudioVoices(TypedDict):
    """Voices and their aliases in the format of Open WebUI."""

    voices: list[Named]


@closed_schema
class Classifier(TypedDict):
    """Classifier that labelled the text."""

    name: str
    version: str


@closed_schema
class Analyzed(TypedDict):
    """State of an utterance when it was first planned; shows what was edited since."""

    emotion: Emotion
    text_sha256: Sha256
    """SHA-256 of the text in UTF-8."""


@closed_schema
class Word(TypedDict):
    """Word with its time in the audio."""

    text: str
    span: Span | None
    """Code points in the request's text, half open; null if the text was edited."""
    start: Seconds
    """Seconds from the beginning of the audio."""
    end: Seconds


@closed_schema
class Utterance(TypedDict):
    """Sentence, or part of one, with every decision about how it is spoken."""

    text: str
    span: Span | None
    """Code points in the request's text, half open, markup included; null if the text was edited."""
    spoken: str
    """Text as it is read, with numbers, dates and symbols in words."""
    voice: str
    emotion: Emotion
    blend: dict[Emotion, Share] | None
    """Weights of several emotions; `emotion` is the one with the largest weight."""
    strength: Strength | None
    """How strongly the text expresses the emotion, 0 for neutral; null if the emotion was chosen explicitly."""
    degree: Degree
    """How strongly the emotion is spoken: the value set by markup, else the strength times the request's degree."""
    role: Role
    """Speaker of the words: `dialogue` is direct speech within quotation marks."""
    speed: Speed
    """Speaking rate."""
    volume: Volume
    """Gain."""
    pause_after: Pause
    """Seconds of silence after the utterance."""
    probabilities: dict[Emotion, Share] | None
    """Probabilities of the seven emotions; null if nothing was classified."""
    source: Source
    """Origin of the emotion: the classifier, an explicit choice, or a fallback of the voice."""
    reason: str
    """Explanation in one sentence."""
    checkpoint: str
    """Name of the weights that synthesize the utterance."""
    checkpoint_sha256: Sha256
    analyzed: Analyzed
    ssml: NotRequired[str]
    """Text with its inner markup; only if the markup changes the reading."""
    pitch: NotRequired[Pitch]
    """Semitones above the voice's own pitch; only if the pitch is changed."""
    start: NotRequired[Seconds]
    """Start in the audio, in seconds; only after synthesis."""
    end: NotRequired[Seconds]
    """End in the audio, in seconds, without the pause; only after synthesis."""
    words: NotRequired[list[Word]]
    """Times of the words; only after synthesis, and if the model predicts durations."""


@closed_schema
class Mark(TypedDict):
    """Time at which a mark of the SSML is reached."""

    name: str
    time: Seconds
    """Seconds from the beginning of the audio."""


@closed_schema
class Warning(TypedDict):
    """Deviation from what was requested."""

    code: str
    """Identifier for programs."""
    detail: str
    """Description for people."""


@closed_schema
class Plan(TypedDict):
    """Every decision about a text, and the times measured during synthesis. It can be edited and sent back."""

    voice: str
    classifier: Classifier
    duration_estimate: Seconds
    """Estimate in seconds, made before synthesis."""
    utterances: list[Utterance]
    marks: NotRequired[list[Mark]]
    """Marks of the SSML; only after synthesis."""
    warnings: list[Warning]


@closed_schema
class TimedSpeech(TypedDict):
    """Complete audio file, and the plan with its times."""

    audio: str
    """Base64."""
    format: str
    content_type: str
    """Content type of the audio."""
    sample_rate: Hertz
    """Hertz."""
    duration: Seconds
    """Seconds."""
    plan: Plan


@closed_schema
class Alive(TypedDict):
    """Response of a process that is alive."""

    status: Literal["ok"]


@closed_schema
class Ready(TypedDict):
    """Response of a service that is ready to synthesize."""

    status: Literal["ready"]


@closed_schema
class Checkpoint(TypedDict):
    """Weights that synthesize an emotion."""

    checkpoint: str
    checkpoint_sha256: Sha256
    architecture: str


@closed_schema
class Voice(TypedDict):
    """Voice with its emotions."""

    name: str
    display_name: str
    locale: str
    gender: str
    sample_rate: Hertz
    """Hertz."""
    words_per_minute: float
    license: str
    degree: bool
    """Whether the strength of emotions can be varied, and emotions be blended."""
    emotions: dict[Emotion, Checkpoint]
    fallbacks: dict[Emotion, Emotion]
    """Emotion that replaces each one that is missing."""


@closed_schema
class Voices(TypedDict):
    """Voices and emotions that requests can name."""

    default: str
    """Voice of requests that name none."""
    emotions: dict[Emotion, list[str]]
    """Aliases of each emotion."""
    aliases: dict[str, str]
    """Aliases of voices, with the name that each stands for."""
    voices: list[Voice]


@closed_schema
class SsmlAttribute(TypedDict):
    """Attribute that has an effect."""

    name: str
    values: list[str]
    """All accepted values, or examples of them."""
    note: str


@closed_schema
class SsmlElement(TypedDict):
    """Element, named without a prefix."""

    name: str
    support: Literal["full", "partial", "text spoken", "dropped"]
    attributes: list[SsmlAttribute]
    note: str


@closed_schema
class SsmlTable(TypedDict):
    """Supported markup; the text of any other element is read, with a warning."""

    elements: list[SsmlElement]
