"""Parse the body of OpenAI's speech route into our own fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from app.api.schemas.request import (
    EmotionField,
    FormatName,
    SpeechBody,
    check_fields,
    convert_errors,
    warn_ignored,
)
from app.audio.encode import find_format
from app.errors import FieldError, InvalidRequest, ModelNotFound, quote_value
from app.fields import Hertz, SpeechOptions, Text, open_enum, require_values
from app.types import PlanWarning

MODELS = (
    "intone",
    "tts-1",
    "tts-1-1106",
    "tts-1-hd",
    "tts-1-hd-1106",
    "gpt-4o-mini-tts",
    "gpt-4o-mini-tts-2025-03-20",
    "gpt-4o-mini-tts-2025-12-15",
)
"""Names that are listed; all are the same engine. A dated name that is not listed is accepted too."""
DEFAULT_FORMAT = "mp3"
SAMPLE_RATE = 24000
"""Default in Hertz, for every format that supports it: clients play `pcm` at this rate unless configured otherwise."""

COMPLETE_FORMATS = ("flac", "wav")
"""Formats that are complete files by default, because their headers hold the length: libsndfile and librosa read no
FLAC without it, and Python's `wave` and mutagen report a wrong duration. OpenAI's clients mark requests of
`with_streaming_response`, but its usual purpose is to write a file, so the mark does not select a stream."""

_DATED_MODEL = re.compile(r"(tts-1|tts-1-hd)-[0-9]{4}|gpt-4o-mini-tts-[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OPENAI_NAMES = {"text": "input", "ssml": "input", "format": "response_format"}
"""OpenAI's names of our fields."""


ModelName = Annotated[str, open_enum(*MODELS)]


class VoiceId(BaseModel):
    """Voice as an object with its name."""

    model_config = ConfigDict(extra="forbid")

    id: str


def _check_voice(value: Any) -> str | None:
    """Return the name of a voice, given as a string or as an object."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"id"} and isinstance(value["id"], str):
        return value["id"] or None
    raise ValueError('write a name, or {"id": "a name"}')


VoiceField = Annotated[str | None, PlainValidator(_check_voice, json_schema_input_type=str | VoiceId | None)]


class OpenAiSpeech(SpeechOptions):
    """OpenAI's fields, and ours for `extra_body`; unknown fields are ignored with a warning.

    An empty string in any field but `input` means the default.
    """

    model_config = ConfigDict(
        json_schema_extra={"not": require_values(stream_format="sse", stream=False)},
    )

    model: ModelName | None = None
    """`intone` (the default), or one of OpenAI's names; all are the same engine."""
    input: Text
    """Text to speak."""
    voice: VoiceField = None
    """Name from `GET /v1/audio/voices`; by default the service's own."""
    response_format: FormatName | None = None
    """`mp3` (the default), `opus`, `aac`, `flac`, `wav`, `pcm`, `ulaw` or `alaw`."""
    stream_format: Literal["audio", "sse"] | None = None
    """`sse` sends events with pieces of the audio in base64, and with each utterance and its words as it is spoken."""
    emotion: EmotionField = None
    """As in `POST /synthesize`."""
    sample_rate: Hertz | None = None
    """Hertz; 24000 by default, and 8000 for `ulaw` and `alaw`."""
    ssml: bool | None = None
    """Whether `input` is SSML."""
    stream: bool | None = None
    """Send the audio as it is synthesized; false returns a complete file. By default, `flac` and `wav` are complete
    files, which all programs can read, and the other formats are streams."""


class ParsedOpenAiSpeech(NamedTuple):
    """Request translated to the fields of `SpeechBody`."""

    fields: SpeechBody
    sse: bool
    warnings: tuple[PlanWarning, ...]


def read_openai(data: Any) -> ParsedOpenAiSpeech:
    """Parse and check the body. Raise `InvalidRequest` with pointers to OpenAI's names, or `ModelNotFound`."""
    if not isinstance(data, dict):
        raise InvalidRequest("The body must be a JSON object.", hint='Such as {"model": "intone", "input": "Hello."}.')
    try:
        # Many clients send empty strings for the inputs that a user leaves empty.
        given = {name: value for name, value in data.items() if value != "" or name == "input"}
        body = OpenAiSpeech.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest.from_fields(convert_errors(error, OpenAiSpeech)) from None
    if body.model is not None:
        check_model(body.model)
    sse = body.stream_format == "sse"
    if sse and body.stream is False:
        detail = "events are a stream, so it cannot be false beside stream_format sse"
        raise InvalidRequest.from_fields([FieldError.at(detail, "stream")])
    warnings = warn_ignored(name for name in data if name not in OpenAiSpeech.model_fields)
    return ParsedOpenAiSpeech(_to_speech_body(body), sse, warnings)


def check_model(name: str) -> str:
    """Return the canonical spelling of a model's name. Raise `ModelNotFound`."""
    known = name.lower()
    if known not in MODELS and not _DATED_MODEL.fullmatch(known):
        raise ModelNotFound(f"There is no model {quote_value(name)}.", hint=f"Models: {', '.join(MODELS)}.")
    return known


@contextmanager
def remap_error_fields() -> Iterator[None]:
    """Replace our field names by OpenAI's in the `InvalidRequest` errors that the block raises."""
    try:
        yield
    except InvalidRequest as error:
        named = ((one.detail, one.pointer.removeprefix("#/")) for one in error.fields)
        renamed = [FieldError(detail, f"#/{_OPENAI_NAMES.get(name, name)}") for detail, name in named]
        raise InvalidRequest.from_fields(renamed) from None


def _to_speech_body(body: OpenAiSpeech) -> SpeechBody:
    format = body.response_format or DEFAULT_FORMAT
    row = find_format(format)  # an unknown format is refused later
    # A request for events is a stream in every format.
    stream = body.stream_format == "sse" or format.lower() not in COMPLETE_FORMATS
    values = {
        **{name: getattr(body, name) for name in SpeechOptions.model_fields},
        "ssml" if body.ssml else "text": body.input,
        "voice": body.voice,
        "tags": body.tags if body.ssml or body.tags is not None else True,
        "emotion": body.emotion,
        "format": format,
        "sample_rate": body.sample_rate or (row.choose_sample_rate(SAMPLE_RATE) if row else SAMPLE_RATE),
        "stream": stream if body.stream is None else body.stream,
    }
    with remap_error_fields():
        return check_fields(values)
