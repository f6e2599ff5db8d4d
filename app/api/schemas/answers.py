"""Types of response bodies, used for type checking and to generate the API reference."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from app.fields import Hertz, InputFormatName, PauseField, Seconds, closed_schema
from app.planning.serialize import (
    ClassifierJson,
    MarkJson,
    PlanJson,
    UtteranceJson,
    WarningJson,
    WordJson,
)


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
    duration: Seconds
    """Seconds of audio."""
    warnings: list[WarningJson]
    """All warnings of the request."""


@closed_schema
class SpeechStart(TypedDict):
    """First event of a stream."""

    type: Literal["speech.start"]
    voice: str
    classifier: ClassifierJson
    format: str
    content_type: str
    """Content type of the audio."""
    sample_rate: Hertz
    """Hertz."""


@closed_schema
class UtteranceStart(TypedDict):
    """Utterance whose first audio follows."""

    type: Literal["speech.utterance"]
    index: int
    """Position in the plan, from 0."""
    utterance: UtteranceJson
    """Without `end` and `pause_after`; the end of its last word is an estimate."""
    warnings: list[WarningJson]
    """Warnings since the last event that had any."""


@closed_schema
class UtteranceDone(TypedDict):
    """End of an utterance: what was not known when it started."""

    type: Literal["speech.utterance.done"]
    index: int
    """Position in the plan, from 0."""
    end: Seconds
    """Seconds from the beginning of the audio, without the pause."""
    pause_after: PauseField
    """Seconds of silence after the utterance."""
    words: list[WordJson]
    """Final times of the words; empty if the model predicts no durations."""
    marks: list[MarkJson]
    """Marks of the SSML in the utterance."""
    warnings: list[WarningJson]
    """Warnings since the last event that had any."""


@closed_schema
class SpeechError(TypedDict):
    """Last event of a stream that failed; below `/v1`, the event is an OpenAiError."""

    type: Literal["error"]
    error: Problem


SPEECH_EVENTS = (SpeechStart, UtteranceStart, AudioDelta, UtteranceDone, AudioDone)
"""Events of a stream without errors."""


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
    plan: PlanJson


@closed_schema
class ChapterJson(TypedDict):
    """Chapter of a document."""

    title: str
    """For a list of chapters; the text begins with its heading."""
    text: str
    """Text without footnotes, page numbers and markup, except that of its format."""
    format: InputFormatName
    """Value of the field `input_format` with which the text is read."""


@closed_schema
class DocumentJson(TypedDict):
    """Document as a listener needs it; unknown texts are empty."""

    title: str
    author: str
    language: str
    """BCP 47 tag, as the document has it."""
    cover: str | None
    """Picture, JPEG or PNG, as a URL of kind `data:` in base64; null if there is none."""
    chapters: list[ChapterJson]
    """At least one, in reading order."""
    warnings: list[WarningJson]
    """What is not read, each kind once."""


@closed_schema
class Alive(TypedDict):
    """Response of a process that is alive."""

    status: Literal["ok"]


@closed_schema
class Ready(TypedDict):
    """Response of a service that is ready to synthesize."""

    status: Literal["ready"]


@closed_schema
class SsmlAttributeJson(TypedDict):
    """Attribute that has an effect."""

    name: str
    values: list[str]
    """All accepted values, or examples of them."""
    note: str


@closed_schema
class SsmlElementJson(TypedDict):
    """Element, named without a prefix."""

    name: str
    support: Literal["full", "partial", "text spoken", "dropped"]
    attributes: list[SsmlAttributeJson]
    note: str


@closed_schema
class SsmlTable(TypedDict):
    """Supported markup; the text of any other element is read, with a warning."""

    elements: list[SsmlElementJson]
