"""The body of OpenAI's speech route, and the same request in our own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.api.fields import Degree, FormatName, Hertz, Seed, Speed, Text, open_to
from app.api.schemas import EmotionField, SpeechBody, check_fields, field_errors
from app.api.strict_json import shown
from app.errors import FieldError, InvalidRequest, ModelNotFound
from app.plan import PlanWarning

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
"""Names that are listed; all are the same engine. A dated form that is not listed is taken as well."""
SAMPLE_RATE = 24000
"""Hertz, in every format unless asked otherwise: clients play `pcm` at this rate unasked."""

_DATED = re.compile(r"(tts-1|tts-1-hd)-[0-9]{4}|gpt-4o-mini-tts-[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THEIRS = {"text": "input", "ssml": "input", "format": "response_format"}
"""Their names of our fields."""


class VoiceId(BaseModel):
    """A voice as an object."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    id: str


class OpenAiSpeech(BaseModel):
    """OpenAI's fields, and ours for `extra_body`; fields that neither knows are ignored with a warning."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    model: Annotated[str, open_to(*MODELS)]
    """`intone`, or one of OpenAI's names: all are the same engine."""
    input: Text
    """What is spoken."""
    voice: str | VoiceId | None = None
    """A name from `GET /v1/audio/voices`; by default the service's own."""
    response_format: FormatName | None = None
    """`mp3` (the default), `opus`, `aac`, `flac`, `wav` or `pcm`."""
    speed: Speed | None = None
    """1 by default."""
    instructions: str | None = None
    """Pins an emotion if it names one ("sound cheerful"); else it is reported and ignored."""
    stream_format: Literal["audio", "sse"] | None = None
    """`sse` sends events with pieces of the audio in base64."""
    emotion: EmotionField = None
    """As in `POST /synthesize`, like the next ones."""
    degree: Degree | None = None
    sample_rate: Hertz | None = None
    """24000 by default."""
    seed: Seed | None = None
    ssml: bool | None = None
    """Whether `input` is SSML."""
    stream: bool | None = Field(default=None)
    """True by default; false gives a complete file."""


class OpenAiAsked(NamedTuple):
    """The request in our own fields."""

    fields: SpeechBody
    sse: bool
    warnings: tuple[PlanWarning, ...]


def read_openai(data: Any) -> OpenAiAsked:
    """Check the body. Raises `InvalidRequest` with pointers to OpenAI's names, `ModelNotFound`."""
    if not isinstance(data, dict):
        raise InvalidRequest("The body must be a JSON object.", hint='Such as {"model": "intone", "input": "Hello."}.')
    try:
        body = OpenAiSpeech.model_validate(data)
    except ValidationError as error:
        raise _invalid(field_errors(error, OpenAiSpeech)) from None
    check_model(body.model)
    feeling, remark = _feeling(body)
    unknown = [name for name in data if name not in OpenAiSpeech.model_fields]
    ignored = (PlanWarning("ignored_field", f"{shown(name)} is not known here and was ignored.") for name in unknown)
    return OpenAiAsked(_ours(body, feeling), body.stream_format == "sse", (*remark, *ignored))


def check_model(name: str) -> None:
    """Refuse a model that is none of the known ones."""
    if name.lower() not in MODELS and not _DATED.fullmatch(name.lower()):
        raise ModelNotFound(f"There is no model {shown(name)}.", hint=f"Models: {', '.join(MODELS)}.")


def _ours(body: OpenAiSpeech, feeling: str | Mapping[str, float] | None) -> SpeechBody:
    voice = body.voice.id if isinstance(body.voice, VoiceId) else body.voice
    values = {
        "ssml" if body.ssml else "text": body.input,
        "voice": voice,
        "emotion": feeling,
        "degree": body.degree,
        "speed": body.speed,
        "format": body.response_format or "mp3",
        "sample_rate": SAMPLE_RATE if body.sample_rate is None else body.sample_rate,
        "seed": body.seed,
        "stream": body.stream is not False or body.stream_format == "sse",
    }
    try:
        return check_fields(values)
    except InvalidRequest as error:
        raise _invalid([_in_their_names(one) for one in error.fields]) from None


def _feeling(body: OpenAiSpeech) -> tuple[str | Mapping[str, float] | None, tuple[PlanWarning, ...]]:
    """The emotion that is asked for: by its field, else by the one that the instructions name."""
    if body.emotion is not None or not (body.instructions or "").strip():
        return body.emotion, ()
    # Imported here: it comes with the classifier's packages, for which a starting service must not wait.
    from app.emotion import named_emotions

    named = named_emotions(body.instructions or "")
    if len(named) == 1:
        return named.pop().value, ()
    which = "several emotions" if named else "no emotion"
    return None, (PlanWarning("instructions_ignored", f"The instructions name {which} and were ignored."),)


def _in_their_names(error: FieldError) -> FieldError:
    name = error.pointer.removeprefix("#/")
    return FieldError(error.detail, f"#/{_THEIRS.get(name, name)}")


def _invalid(fields: list[FieldError]) -> InvalidRequest:
    detail = "; ".join(f"{field.pointer[2:]}: {field.detail}" for field in fields[:3])
    return InvalidRequest(detail, hint="GET /docs lists the fields.", fields=fields)
