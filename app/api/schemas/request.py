"""The body of a speech request, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from app.api.parsing.json import has_surrogate, pointer, shown
from app.api.schemas.fields import (
    HEAVIEST,
    ContextField,
    Degree,
    Expressiveness,
    FeelingName,
    FormatName,
    Hertz,
    Seed,
    Speed,
    StrengthName,
    Text,
    Weight,
    beside,
)
from app.api.schemas.plan import PlanBody
from app.errors import FieldError, InvalidRequest


def _emotion(value: Any) -> str | dict[str, float] | None:
    """A name, or names with their weights."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError('write a name, or names with weights such as {"joy": 0.6, "surprise": 0.4}')
    for name, weight in value.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 < weight <= HEAVIEST:
            raise ValueError(f"the weight of {shown(name)} must be a number above 0, up to {HEAVIEST}")
    return value


EmotionField = Annotated[
    str | dict[str, float] | None,
    PlainValidator(
        _emotion,
        json_schema_input_type=FeelingName | Annotated[dict[str, Weight], Field(min_length=1)] | None,
    ),
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
    degree: Degree | None = None
    """How strongly, 1 by default; it multiplies the strength of the text."""
    strength: StrengthName | None = None
    """`auto` speaks each emotion as strongly as the text asks for, `fixed` all alike; by default what the service has
    set."""
    expressiveness: Expressiveness | None = None
    """How readily and how strongly emotions are voiced: 0 not at all, 2 twice as strongly; by default as the service is
    set."""
    context: ContextField = None
    """Earlier sentences of the same scene or talk, or the text that holds them: they are not spoken, but tell how the
    first sentences are felt. At most 100 entries and 10,000 characters."""
    speed: Speed | None = None
    """Speaking rate, 1 by default."""
    format: FormatName | None = None
    """`wav`, `flac`, `mp3`, `opus`, `aac` or `pcm`; by default what `Accept` asks for, else `wav`."""
    sample_rate: Hertz | None = None
    """Hertz; by default the voice's own, or the next higher one that the format has."""
    stream: bool | None = None
    """Send the audio as it is made, the first of it before the first sentence is done."""
    timing: bool | None = None
    """Answer JSON that holds the audio (base64) and the plan."""
    strict: bool | None = None
    """Refuse (409) where the voice lacks an emotion, instead of falling back."""
    seed: Seed | None = None
    """The same seed gives the same bytes, on one build, processor and backend; INTONE_BACKEND fixes the backend."""


CONTENT = ("text", "ssml", "plan")
_IN_THE_PLAN = ("voice", "emotion", "degree", "speed")


def _what_goes_together(schema: dict[str, Any]) -> None:
    """What is refused beside each other, as the API reference says it."""
    nothing = {"type": "null"}
    schema["oneOf"] = [
        {
            "required": [name],
            "properties": {
                name: {"not": nothing},
                **{other: nothing for other in CONTENT if other != name},
                **({other: nothing for other in _IN_THE_PLAN} if name == "plan" else {}),
            },
        }
        for name in CONTENT
    ]
    schema["not"] = beside(stream=True, timing=True)


class SpeechBody(SpeechFields):
    """What is spoken, exactly one of the three, and how."""

    model_config = ConfigDict(json_schema_extra=_what_goes_together)

    text: Text | None = None
    """Plain text."""
    ssml: Text | None = None
    """SSML, see `GET /ssml`."""
    plan: PlanBody | None = None
    """What `POST /analyze` returned, edited; it says itself who speaks and how."""


def check_fields(data: Any) -> SpeechBody:
    """The body, if every field is known, of its type and in its range, and the fields go together."""
    if not isinstance(data, dict):
        raise InvalidRequest("The body must be a JSON object.", hint='Such as {"text": "Hello."}.')
    try:
        body = SpeechBody.model_validate(data)
    except ValidationError as error:
        raise invalid(field_errors(error, SpeechBody)) from None
    if wrong := [*_broken(body), *_contradictions(body)]:
        raise invalid(wrong)
    return body


def _broken(body: SpeechBody) -> list[FieldError]:
    """Fields with half a character."""
    emotions, context = (one if isinstance(one, str | None) else "".join(one) for one in (body.emotion, body.context))
    fields = ("text", "ssml", "voice", "format")
    written = {**{name: getattr(body, name) for name in fields}, "emotion": emotions, "context": context}
    broken = [name for name, value in written.items() if has_surrogate(value)]
    return [FieldError("holds half of a surrogate pair, which is no character", pointer(name)) for name in broken]


def _contradictions(body: SpeechBody) -> list[FieldError]:
    """None or several of what can be spoken; fields that a plan says itself."""
    given = [name for name in CONTENT if getattr(body, name) is not None]
    if not given:
        return [FieldError("is missing; give one of text, ssml and plan", pointer("text"))]
    if len(given) > 1:
        return [FieldError(f"is given beside {given[0]}; give one of text, ssml and plan", pointer(given[1]))]
    if body.plan is None:
        return []
    beside = [name for name in _IN_THE_PLAN if getattr(body, name) is not None]
    return [FieldError("stands in the plan, utterance by utterance", pointer(name)) for name in beside]


def field_errors(error: ValidationError, model: type[BaseModel]) -> list[FieldError]:
    """What a body of some model has wrong, field by field."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    known = cache(partial(_known, model))
    return [
        FieldError(_in_words(one["type"], one["msg"], known(one["loc"][:-1])), pointer(*one["loc"])) for one in problems
    ]


def _known(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    """The fields of the object that stands at a place within a body of some model."""
    for part in place:
        if part in model.model_fields:
            model = _model_in(model.model_fields[str(part)].annotation) or model
    return ", ".join(sorted(model.model_fields))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in a type such as `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)


def _in_words(kind: str, message: str, known: str) -> str:
    if kind == "extra_forbidden":
        return f"unknown field; known are {known}"
    message = message.removeprefix("Value error, ")
    return "is missing" if kind == "missing" else message[:1].lower() + message[1:]


def invalid(fields: Sequence[FieldError]) -> InvalidRequest:
    """The error that tells what is wrong with some fields, of which the first are named."""
    detail = "; ".join(f"{field.pointer[2:]}: {field.detail}" for field in fields[:3])
    return InvalidRequest(f"{detail}.", hint="GET /docs lists the fields.", fields=fields)
