"""Types of fields that requests and responses share, with their ranges."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema, with_config

from app.types import Emotion


def open_enum(*names: str) -> WithJsonSchema:
    """Return the schema of a name: one of these, or another accepted spelling, such as another case or an alias."""
    schema: dict[str, Any] = {"anyOf": [{"type": "string", "enum": list(names)}, {"type": "string"}]}
    return WithJsonSchema(schema)


def const_properties(**values: Any) -> dict[str, Any]:
    """Return the schema of an object that has all of these values."""
    return {"properties": {name: {"const": value} for name, value in values.items()}, "required": list(values)}


def list_leaf_types(annotation: Any) -> list[Any]:
    """Return the innermost arguments of a type: its classes and the values of its literals."""
    return [leaf for argument in get_args(annotation) for leaf in list_leaf_types(argument)] or [annotation]


def _to_integer(value: Any) -> Any:
    """Return an integer for a float such as 24000.0, which JSON and JSON Schema do not distinguish from 24000."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_context(value: Any) -> str | list[str] | None:
    """Validate the texts that precede the request's own."""
    if value is None or isinstance(value, str):
        texts = [value or ""]
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        texts = value
    else:
        raise ValueError("write a text, or a list of earlier sentences")
    if len(texts) > MAX_CONTEXTS or sum(map(len, texts)) > MAX_CONTEXT_CHARS:
        raise ValueError(f"must have at most {MAX_CONTEXTS} entries and {MAX_CONTEXT_CHARS} characters; send the last")
    return value if isinstance(value, list) else value or None


MAX_CONTEXTS = 100
MAX_CONTEXT_CHARS = 10_000
"""Maximum characters of all texts together: a classifier reads only the last sentences."""
MAX_WEIGHT = 1000
"""Copy of `app.emotion.taxonomy.MAX_WEIGHT`, so that fields depend on no stage."""

ContextField = Annotated[
    str | list[str] | None, PlainValidator(_check_context, json_schema_input_type=str | list[str] | None)
]
Expressiveness = Annotated[float, Field(ge=0, le=2)]
StrengthName = Literal["auto", "fixed"]
InputFormatName = Literal["auto", "text", "markdown", "html"]
Strength = Annotated[float, Field(ge=0, le=2)]
Degree = Annotated[float, Field(ge=0.01, le=2)]
Speed = Annotated[float, Field(ge=0.25, le=4)]
Volume = Annotated[float, Field(ge=0, le=2)]
Pitch = Annotated[float, Field(ge=-12, le=12)]
Pause = Annotated[float, Field(ge=0, le=20)]
Seconds = Annotated[float, Field(ge=0)]
Hertz = Annotated[int, Field(ge=8000, le=48000), BeforeValidator(_to_integer)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1), BeforeValidator(_to_integer)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=MAX_WEIGHT)]
CodePointIndex = Annotated[int, Field(ge=0), BeforeValidator(_to_integer)]
Span = Annotated[list[CodePointIndex], Field(min_length=2, max_length=2)]
"""Start and end in code points, half open."""
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1})]
"""Text that is refused if it is empty, with a specific error."""
EmotionName = Annotated[str, open_enum("auto", *Emotion)]
"""Name of an emotion, or `auto` to label each sentence."""

closed_schema = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
"""Decorator of a `TypedDict`: allow no other fields, and show the docstrings of fields in the API reference."""
