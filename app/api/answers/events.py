"""Server-sent events as OpenAI has them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from app.api.answers.exact import exact


@exact
class AudioDelta(TypedDict):
    """A piece of the audio; all of them, decoded and joined, are the file."""

    type: Literal["speech.audio.delta"]
    audio: str
    """In base64."""


@exact
class Usage(TypedDict):
    """What was read."""

    input_tokens: int
    """Characters."""
    output_tokens: int
    total_tokens: int


@exact
class AudioDone(TypedDict):
    """The last event, unless an error is."""

    type: Literal["speech.audio.done"]
    usage: Usage
