"""Options of a request for speech, each defined once.

The JSON body, the query, OpenAI's body, the command line and the reference derive from `SpeechOptions`. A new option is
a field here, a field of `SpeechRequest`, and the place where it takes effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.fields import ContextField, Degree, Expressiveness, InputFormatName, Seed, Speed, StrengthName
from app.types import InputFormat, StrengthMode


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

    instructions: str | None = None
    """Request in free words: an emotion and its degree ("very cheerful"), a situation ("as if you had won"), the rate,
    the loudness and the pitch ("slowly, in a low voice"); a warning reports what has no effect."""
    tags: bool | None = None
    """Whether tags in the text, such as `[excited]`, `(sad)` or `[pause:1s]`, set emotions and pauses; by default only
    at OpenAI's routes and on the command line. Not beside `ssml` or `plan`."""
    input_format: InputFormatName | None = None
    """Format of the text: `text`, `markdown` or `html`. `auto`, the default, recognizes the marks of Markdown and HTML
    and reads a text without any as plain text. Not beside `ssml` or `plan`."""

    def chosen(self) -> dict[str, Any]:
        """Return the options that are not null, as `SpeechRequest` takes them."""
        values = {name: getattr(self, name) for name in SpeechOptions.model_fields}
        return {name: _CONVERSIONS.get(name, _keep)(value) for name, value in values.items() if value is not None}


def _keep(value: Any) -> Any:
    return value


def _to_texts(context: str | list[str]) -> tuple[str, ...]:
    return (context,) if isinstance(context, str) else tuple(context)


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "degree": float,
    "strength": StrengthMode,
    "context": _to_texts,
    "speed": float,
    "input_format": InputFormat,
}
