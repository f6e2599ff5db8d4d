"""Types of fields that requests and responses share, with their ranges, and the options of a request for speech.

The JSON body, the query, OpenAI's body, the command line and the reference derive from `SpeechOptions`. A new option is
a field there, a field of `SpeechRequest`, and the place where it takes effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    with_config,
)

from app.types import MAX_WEIGHT, Emotion, InputFormat, StrengthMode


def open_enum(*names: str) -> WithJsonSchema:
    """Return the schema of a name: one of these, or another accepted spelling, such as another case or an alias."""
    schema: dict[str, Any] = {"anyOf": [{"type": "string", "enum": list(names)}, {"type": "string"}]}
    return WithJsonSchema(schema)


def require_values(**values: Any) -> dict[str, Any]:
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


def _check_mapping(value: Any, form: str, most: int, most_chars: int) -> dict[str, str] | None:
    """Validate an object of strings, or its JSON in a query."""
    if isinstance(value, str):
        try:
            value = json.loads(value, object_pairs_hook=_refuse_repeated)
        except (json.JSONDecodeError, RecursionError):
            raise ValueError(form) from None
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise ValueError(form)
    if len(value) > most or any(len(one) > most_chars for pair in value.items() for one in pair):
        raise ValueError(f"must have at most {most} entries of {most_chars} characters each")
    return value or None


def _check_lexicon(value: Any) -> dict[str, str] | None:
    """Validate the readings of words."""
    return _check_mapping(value, LEXICON_FORM, MAX_LEXICON_ENTRIES, MAX_LEXICON_CHARS)


def _check_voices(value: Any) -> dict[str, str] | None:
    """Validate the voices by what they speak; in a query also as pairs `name=voice,name=voice`."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        parts = (part.partition("=") for part in value.split(",") if part.strip())
        value = _refuse_repeated([(name.strip(), voice.strip()) for name, _, voice in parts])
    voices = _check_mapping(value, VOICES_FORM, MAX_VOICES, MAX_VOICE_CHARS)
    if not all(name and voice for name, voice in (voices or {}).items()):
        raise ValueError(VOICES_FORM)
    return voices


def _check_pauses(value: Any) -> str | None:
    """Validate pauses; return an object as the text that means the same."""
    if isinstance(value, dict):
        changes = dict(value)
        preset = changes.pop("preset", PAUSE_PRESETS[0])
        is_number = (isinstance(one, int | float) and not isinstance(one, bool) for one in changes.values())
        if preset not in PAUSE_PRESETS or not changes.keys() <= PAUSES.keys() or not all(is_number):
            raise ValueError(PAUSES_FORM)
        value = ",".join([preset, *(f"{name}={seconds}" for name, seconds in changes.items())])
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_PAUSES_CHARS:
        raise ValueError(PAUSES_FORM)
    from app.errors import InvalidRequest
    from app.planning.pauses import parse_pauses

    try:
        parse_pauses(value)
    except InvalidRequest as error:
        raise ValueError(f"{error.detail} {error.hint}") from None
    return value


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("has a name that occurs twice")
    return names


LEXICON_FORM = 'write an object such as {"Siobhan": "Shivawn", "Nguyen": "/wɪn/"}'
MAX_LEXICON_ENTRIES = 500
MAX_LEXICON_CHARS = 100
"""Maximum characters of a word, and of its reading."""
VOICES_FORM = 'write an object such as {"narration": "wren", "dialogue": "rook", "Ruth": "wren"}'
MAX_VOICES = 100
MAX_VOICE_CHARS = 100
"""Maximum characters of a character's name, and of the name of a voice."""
MAX_CONTEXTS = 100
MAX_CONTEXT_CHARS = 10_000
"""Maximum characters of all texts together: a classifier reads only the last sentences."""

ContextField = Annotated[
    str | list[str] | None, PlainValidator(_check_context, json_schema_input_type=str | list[str] | None)
]
MAX_INSTRUCTIONS_CHARS = 4096
"""Maximum characters of instructions; the same as OpenAI's."""

Instructions = Annotated[str, Field(max_length=MAX_INSTRUCTIONS_CHARS)]
_LexiconText = Annotated[str, Field(max_length=MAX_LEXICON_CHARS)]
_LexiconObject = Annotated[dict[_LexiconText, _LexiconText], Field(max_length=MAX_LEXICON_ENTRIES)]
LexiconField = Annotated[
    dict[str, str] | None, PlainValidator(_check_lexicon, json_schema_input_type=_LexiconObject | str | None)
]
_VoiceText = Annotated[str, Field(min_length=1, max_length=MAX_VOICE_CHARS)]
_VoicesObject = Annotated[dict[_VoiceText, _VoiceText], Field(max_length=MAX_VOICES)]
VoicesField = Annotated[
    dict[str, str] | None, PlainValidator(_check_voices, json_schema_input_type=_VoicesObject | str | None)
]
PAUSES_FORM = 'write a preset, or an object of seconds such as {"preset": "audiobook", "paragraph": 1.4}'
MAX_PAUSES_CHARS = 200
PAUSE_PRESETS = ("assistant", "audiobook")
PAUSES = {
    "sentence": "After a sentence with a full stop; emotions and other marks lengthen and shorten it.",
    "paragraph": "After a paragraph.",
    "number": "After the number of a chapter, before its title.",
    "title": "After the title of a chapter.",
    "chapter": "Before a chapter.",
    "scene": "Before a line of signs between scenes, such as `* * *`.",
}
"""Pauses that a request may change, with their descriptions."""
_PausesObject = WithJsonSchema(
    {
        "type": "object",
        "properties": {
            "preset": {"type": "string", "enum": list(PAUSE_PRESETS)},
            **{
                name: {"type": "number", "minimum": 0, "maximum": 20, "description": description}
                for name, description in PAUSES.items()
            },
        },
        "additionalProperties": False,
    }
)
PausesField = Annotated[
    str | None,
    PlainValidator(
        _check_pauses,
        json_schema_input_type=Annotated[str, Field(max_length=MAX_PAUSES_CHARS)]
        | Annotated[dict[str, Any], _PausesObject]
        | None,
    ),
]
PauseField = Annotated[float, Field(ge=0, le=20)]
Expressiveness = Annotated[float, Field(ge=0, le=2)]
StrengthName = Literal["auto", "fixed"]
InputFormatName = Literal["auto", "text", "markdown", "html"]
Strength = Annotated[float, Field(ge=0, le=2)]
Degree = Annotated[float, Field(ge=0.01, le=2)]
Speed = Annotated[float, Field(ge=0.25, le=4)]
Volume = Annotated[float, Field(ge=0, le=2)]
Pitch = Annotated[float, Field(ge=-12, le=12)]
Seconds = Annotated[float, Field(ge=0)]
Hertz = Annotated[int, Field(ge=8000, le=48000), BeforeValidator(_to_integer)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1), BeforeValidator(_to_integer)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=MAX_WEIGHT)]
CodePointIndex = Annotated[int, Field(ge=0), BeforeValidator(_to_integer)]
SpanField = Annotated[list[CodePointIndex], Field(min_length=2, max_length=2)]
"""Start and end in code points, half open."""
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1})]
"""Text that is refused if it is empty, with a specific error."""
EmotionName = Annotated[str, open_enum("auto", *Emotion)]
"""Name of an emotion, or `auto` to label each sentence."""

closed_schema = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
"""Decorator of a `TypedDict`: allow no other fields, and show the docstrings of fields in the API reference."""


class SpeechOptions(BaseModel):
    """Options that every way of requesting speech has; `null` means the default."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    degree: Degree | None = None
    """How strongly emotions are spoken: a factor on the strength of the text, 1 by default."""
    strength: StrengthName | None = None
    """`auto` speaks each emotion as strongly as the text suggests, `fixed` speaks all alike; by default the service's
    setting."""
    expressiveness: Expressiveness | None = None
    """How readily and how strongly emotions are voiced: 0 not at all, 2 twice as strongly; by default the service's
    setting."""
    context: ContextField = None
    """Earlier sentences of the same scene or conversation, or the text that holds them. They are not spoken, but the
    classifier reads them before the first sentences. At most 100 entries and 10,000 characters."""
    speed: Speed | None = None
    """Speaking rate, 1 by default."""
    seed: Seed | None = None
    """The same seed gives the same bytes on the same build, processor and backend; INTONE_BACKEND fixes the backend."""

    instructions: Instructions | None = None
    """Request in free words: an emotion and its degree ("very cheerful"), a situation ("as if you had won"), the rate,
    the loudness and the pitch ("slowly, in a low voice"); a warning reports what has no effect. At most 4,096
    characters."""
    tags: bool | None = None
    """Whether tags in the text, such as `[excited]`, `(sad)` or `[pause:1s]`, set emotions and pauses; by default only
    at OpenAI's routes and on the command line. Not beside `ssml` or `plan`."""
    input_format: InputFormatName | None = None
    """Format of the text: `text`, `markdown` or `html`. `auto`, the default, recognizes the marks of Markdown and HTML
    and reads a text without any as plain text. Not beside `ssml` or `plan`."""
    pauses: PausesField = None
    """Silence between sentences and paragraphs, and around the headings of chapters: `assistant` (the default; on the
    command line that of texts), `audiobook` (that of documents), or a preset and changes of it in seconds:
    `audiobook,paragraph=1.4,chapter=3`, or an object such as `{"preset": "audiobook", "paragraph": 1.4}`. Not beside
    `plan`."""

    lexicon: LexiconField = None
    """Readings of words: an object from words to an alias or to `/IPA/`, such as `{"Siobhan": "/ʃɪˈvɔːn/"}`;
    in a query, its JSON. At most 500 entries of 100 characters each. Not beside `plan`."""
    voices: VoicesField = None
    """Voices by what they speak: `narration`, `dialogue`, or a character of the text, such as
    `{"narration": "wren", "Ruth": "rook"}` or `narration=wren,Ruth=rook`. By default the request's voice speaks all. At
    most 100 entries of 100 characters each. Not beside `plan`."""

    def collect_given(self) -> dict[str, Any]:
        """Return the options that are not null, as `SpeechRequest` takes them."""
        values = {name: getattr(self, name) for name in SpeechOptions.model_fields}
        given = {name: value for name, value in values.items() if value is not None}
        return given | {name: convert(given[name]) for name, convert in _CONVERSIONS.items() if name in given}


def _to_texts(context: str | list[str]) -> tuple[str, ...]:
    return (context,) if isinstance(context, str) else tuple(context)


def _to_pauses(text: str) -> Any:
    from app.planning.pauses import Pauses, parse_pauses

    return Pauses(parse_pauses(text))


def _to_lexicon(readings: Mapping[str, str]) -> Any:
    from app.text.lexicon import Lexicon, LexiconEntry  # takes some time to load, and few requests need it

    return Lexicon(LexiconEntry.parse(words, reading) for words, reading in readings.items())


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "degree": float,
    "strength": StrengthMode,
    "context": _to_texts,
    "speed": float,
    "input_format": InputFormat,
    "lexicon": _to_lexicon,
    "pauses": _to_pauses,
}
