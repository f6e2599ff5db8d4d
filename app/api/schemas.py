"""The body of a speech request, and what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from app.api.strict_json import pointer, shown
from app.audio.encode import FORMATS
from app.errors import FieldError, InvalidRequest


def _emotion(value: Any) -> str | dict[str, float] | None:
    """A name, or names with their weights."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError('write a name, or names with weights such as {"joy": 0.6, "surprise": 0.4}')
    for name, weight in value.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 < weight <= _HEAVIEST:
            raise ValueError(f"the weight of {shown(name)} must be a number above 0, up to {_HEAVIEST}")
    return value


_HEAVIEST = 1000
"""Only proportions count; a bound keeps their sum finite."""

EmotionField = Annotated[
    str | dict[str, float] | None,
    PlainValidator(_emotion, json_schema_input_type=str | dict[str, float] | None),
]


class SpeechFields(BaseModel):
    """How a text is spoken; `null` anywhere means the default."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    voice: str | None = None
    """Name or alias of a voice; by default the service's own."""
    emotion: EmotionField = None
    """`auto` (the default) labels each sentence; the name or alias of an emotion pins them all; several with their
    weights are blended."""
    degree: float | None = Field(default=None, ge=0.01, le=2)
    """How strongly, 1 by default."""
    speed: float | None = Field(default=None, ge=0.25, le=4)
    """Speaking rate, 1 by default."""
    format: str | None = Field(default=None, json_schema_extra={"examples": list(FORMATS)})
    """`wav`, `flac` or `pcm`; by default what `Accept` asks for, else `wav`."""
    stream: bool | None = None
    """Send the audio as it is made, the first of it before the first sentence is done."""
    timing: bool | None = None
    """Answer JSON that holds the audio (base64) and the plan."""
    strict: bool | None = None
    """Refuse (409) where the voice lacks an emotion, instead of falling back."""
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    """The same seed gives the same bytes."""


class SpeechBody(SpeechFields):
    """A text and how it is spoken."""

    text: str = Field(examples=["What a wonderful morning! I could sing."])
    """What is spoken."""


def check_fields(data: Any) -> SpeechBody:
    """The body, if every field is known, of its type and in its range."""
    if not isinstance(data, dict):
        raise InvalidRequest("The body must be a JSON object.", hint='Such as {"text": "Hello."}.')
    try:
        body = SpeechBody.model_validate(data)
    except ValidationError as error:
        raise _invalid(_field_errors(error)) from None
    emotions = body.emotion if isinstance(body.emotion, str | None) else "".join(body.emotion)
    written = {"text": body.text, "voice": body.voice, "emotion": emotions, "format": body.format}
    broken = [name for name, value in written.items() if _has_surrogate(value)]
    if broken:
        raise _invalid([FieldError("holds half of a surrogate pair, which is no character", pointer(broken[0]))])
    return body


def _field_errors(error: ValidationError) -> list[FieldError]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return [FieldError(_in_words(problem["type"], problem["msg"]), pointer(*problem["loc"])) for problem in problems]


def _in_words(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"unknown field; known are {', '.join(sorted(SpeechBody.model_fields))}"
    message = message.removeprefix("Value error, ")
    return "is missing" if kind == "missing" else message[:1].lower() + message[1:]


def _invalid(fields: Sequence[FieldError]) -> InvalidRequest:
    detail = "; ".join(f"{field.pointer[2:]}: {field.detail}" for field in fields[:3])
    return InvalidRequest(detail, hint="GET /docs lists the fields.", fields=fields)


def _has_surrogate(text: str | None) -> bool:
    try:
        (text or "").encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def read_query(query: bytes) -> dict[str, Any]:
    """The parameters beside a plain text, with their types; each once."""
    parameters: dict[str, Any] = {}
    for name, value in _pairs(query):
        if name in parameters:
            raise _invalid([FieldError("is given twice", pointer(name))])
        parameters[name] = _typed(name, value)
    if "text" in parameters:
        raise _invalid([FieldError("the text is the body here, not a parameter", pointer("text"))])
    return parameters


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise InvalidRequest("The query cannot be read.", hint="Percent-encode parameters as UTF-8.") from None


def _typed(name: str, value: str) -> Any:
    """The value with the type of its field; one that has another stays a string, which the field then refuses."""
    if name in ("degree", "speed", "seed") and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return _BOOLEANS.get(value, value) if name in ("stream", "timing", "strict") else value


def refuse_query(query: bytes) -> None:
    """Beside JSON there are no parameters: one that was meant to count must not be ignored silently."""
    names = list(dict.fromkeys(name for name, _ in _pairs(query)))
    if names:
        fields = [FieldError("is a query parameter; with JSON it belongs into the body", pointer(n)) for n in names]
        listed = ", ".join(shown(name) for name in names[:10])
        raise InvalidRequest(f"JSON takes no query parameters, but there is {listed}.", fields=fields)
