"""Validate the body of a speech request, and report its errors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from itertools import islice
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from app.audio.encode import FORMATS
from app.errors import FieldError, InvalidRequest, quote_value
from app.fields import (
    EmotionName,
    Hertz,
    SpeechOptions,
    Text,
    Weight,
    list_leaf_types,
    open_enum,
)
from app.planning.edited import PlanBody
from app.types import MAX_WEIGHT, PlanWarning

MAX_LISTED_NAMES = 10
"""Maximum unknown fields that a warning names."""


def _check_emotion(value: Any) -> str | dict[str, float] | None:
    """Validate an emotion: a name, or names with their weights."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError('write a name, or names with weights such as {"joy": 0.6, "surprise": 0.4}')
    for name, weight in value.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 < weight <= MAX_WEIGHT:
            raise ValueError(f"the weight of {quote_value(name)} must be a number above 0, up to {MAX_WEIGHT}")
    return value


MAX_TURNS = 1000
FormatName = Annotated[str, open_enum(*FORMATS)]
EmotionField = Annotated[
    str | dict[str, float] | None,
    PlainValidator(
        _check_emotion,
        json_schema_input_type=EmotionName | Annotated[dict[str, Weight], Field(min_length=1)] | None,
    ),
]


class SpeechFields(SpeechOptions):
    """Options of our own routes; `null` anywhere means the default."""

    model_config = ConfigDict(extra="forbid")

    voice: str | None = None
    """Name or alias of a voice; by default the service's own."""
    emotion: EmotionField = None
    """`auto` (the default) classifies each sentence; the name or alias of an emotion sets it for all; several with
    their weights are blended."""
    format: FormatName | None = None
    """`wav`, `flac`, `mp3`, `opus`, `aac`, `pcm`, `ulaw` or `alaw`; by default chosen by `Accept`, else `wav`."""
    sample_rate: Hertz | None = None
    """Hertz; by default the voice's own rate, or the next higher one that the format supports."""
    stream: bool | None = None
    """Send the audio as it is synthesized, starting before the first sentence is complete."""
    timing: bool | None = None
    """Return JSON that contains the audio (base64) and the plan; with `stream`, lines of JSON
    (`application/x-ndjson`) with pieces of the audio, and each utterance with its words as it is spoken."""
    strict: bool | None = None
    """Refuse the request (409) if the voice lacks an emotion, instead of falling back."""


def _list_fields_of(*types: type) -> frozenset[str]:
    """Return the names of the fields that accept a value of one of these types."""
    fields = SpeechFields.model_fields.items()
    return frozenset(name for name, field in fields if any(leaf in types for leaf in list_leaf_types(field.annotation)))


NUMBER_FIELDS = _list_fields_of(float, int) - {"emotion"}
"""Fields whose values in a query are numbers; the weights of a blend cannot stand there."""
BOOLEAN_FIELDS = _list_fields_of(bool)

CONTENT_FIELDS = ("text", "ssml", "turns", "plan")
JSON_FIELDS = ("plan", "turns")
"""Content that only JSON can hold."""
_PLAN_FIELDS = ("voice", "voices", "emotion", "degree", "speed", "instructions", "lexicon", "pauses")
_TEXT_FIELDS = {"input_format": "is the format of a text", "tags": "is about tags in a text"}
"""Fields that apply to `text` and `turns` alone, and why they are refused beside other content."""


def _add_exclusions(schema: dict[str, Any]) -> None:
    """Add to the schema which fields exclude each other, for the API reference."""
    nothing = {"type": "null"}
    schema["oneOf"] = [
        {
            "required": [name],
            "properties": {
                name: {"not": nothing},
                **{other: nothing for other in CONTENT_FIELDS if other != name},
                **(dict.fromkeys(_PLAN_FIELDS, nothing) if name == "plan" else {}),
                **({} if name in ("text", "turns") else dict.fromkeys(_TEXT_FIELDS, nothing)),
            },
        }
        for name in CONTENT_FIELDS
    ]


class TurnBody(BaseModel):
    """Turn of a conversation."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    text: Text
    """Text in the format that `input_format` names."""
    voice: str | None = None
    """Name or alias; by default that of the request."""
    emotion: EmotionField = None
    """As in the request, for this turn."""


class SpeechBody(SpeechFields):
    """What to speak, exactly one of `text`, `ssml`, `turns` and `plan`, and options."""

    model_config = ConfigDict(json_schema_extra=_add_exclusions)

    text: Text | None = None
    """Text in the format that `input_format` names, by default recognized."""
    ssml: Text | None = None
    """SSML, see `GET /ssml`."""
    turns: Annotated[list[TurnBody], Field(min_length=1, max_length=MAX_TURNS)] | None = None
    """Turns of a conversation, at most 1,000, each with a text, a voice and an emotion. Spans count code points of
    their texts, joined with a blank line."""
    plan: PlanBody | None = None
    """Plan from `POST /analyze`, edited or not; it sets voice, emotion, degree and speed itself.
    Not beside `instructions`."""


def check_fields(data: Any) -> SpeechBody:
    """Return the validated body. Raise `InvalidRequest` for invalid fields, and for fields that exclude each other."""
    if not isinstance(data, dict):
        raise InvalidRequest("The body must be a JSON object.", hint='Such as {"text": "Hello."}.')
    try:
        body = SpeechBody.model_validate(data)
    except ValidationError as error:
        raise InvalidRequest.from_fields(convert_errors(error, SpeechBody)) from None
    if wrong := _check_content(body):
        raise InvalidRequest.from_fields(wrong)
    return body


def _check_content(body: SpeechBody) -> list[FieldError]:
    """Return errors for missing or multiple content, and for fields that a plan sets itself."""
    given = [name for name in CONTENT_FIELDS if getattr(body, name) is not None]
    if not given:
        return [FieldError.at("is missing; give one of text, ssml, turns and plan", "text")]
    if len(given) > 1:
        return [FieldError.at(f"is given beside {given[0]}; give one of text, ssml, turns and plan", given[1])]
    blank = [place for place, one in enumerate(body.turns or ()) if not one.text.strip()]
    if blank:
        return [FieldError.at("is empty, or nothing but white space", "turns", blank[0], "text")]
    of_text = [
        name for name in _TEXT_FIELDS if body.text is None and body.turns is None and getattr(body, name) is not None
    ]
    if of_text:
        return [FieldError.at(f"{_TEXT_FIELDS[name]}, but {given[0]} is given", name) for name in of_text]
    if body.plan is None:
        return []
    beside = [name for name in _PLAN_FIELDS if getattr(body, name) is not None]
    return [FieldError.at("stands in the plan, utterance by utterance", name) for name in beside]


def convert_errors(error: ValidationError, model: type[BaseModel]) -> list[FieldError]:
    """Return the errors of a body of some model, field by field."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    known = cache(partial(_list_known_fields, model))
    return [
        FieldError.at(_format_message(one["type"], one["msg"], known(one["loc"][:-1])), *one["loc"]) for one in problems
    ]


def _list_known_fields(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    """Return the known fields of the object at a place in a body of some model."""
    for part in place:
        if part in model.model_fields:
            model = _find_model(model.model_fields[str(part)].annotation) or model
    return ", ".join(sorted(model.model_fields))


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model in a type such as `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _find_model(one))), None)


def _format_message(kind: str, message: str, known: str) -> str:
    if kind == "extra_forbidden":
        return f"unknown field; known are {known}"
    message = message.removeprefix("Value error, ")
    return "is missing" if kind == "missing" else message[:1].lower() + message[1:]


def warn_ignored(names: Iterable[str]) -> tuple[PlanWarning, ...]:
    """Return one warning for all unknown fields, since there may be very many."""
    listed = ", ".join(map(quote_value, islice(names, MAX_LISTED_NAMES)))
    return (PlanWarning("ignored_field", f"Not known here, and ignored: {listed}."),) if listed else ()
