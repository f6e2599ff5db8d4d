"""A checkpoint's config, and the checkpoint once it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.speech.acoustic import AcousticModel
from app.speech.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """What the files beside the weights say."""

    config: Any
    """coqui's object."""
    speakers: tuple[str, ...]
    """Names in the order of their embeddings; empty for a single speaker."""
    language: str | None
    """That voice.json names; None leaves it to the config."""
    frame_rate: float
    """Frames a second."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LoadedCheckpoint:
    """An acoustic model and what belongs to it."""

    tokenizer: Tokenizer
    model: AcousticModel
    speakers: tuple[str, ...]
    """See `LoadedConfig.speakers`."""
