"""A checkpoint's config, and the checkpoint once it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from app.synthesis.tokenizer import Tokenizer

Speakers = Mapping[int, float]
"""Who speaks, as a multi-speaker model wants to know it: index -> share; empty where there is only one speaker."""


@dataclass(frozen=True, slots=True)
class AcousticInput:
    """One utterance that an acoustic model shall speak."""

    tokens: Sequence[int]
    speakers: Speakers
    speed: float
    seed: int


@dataclass(frozen=True, slots=True)
class Mel:
    """A mel spectrogram and what the model said about it."""

    frames: Tensor
    """(1, n_mels, T), normalised as the checkpoint's config says."""
    durations: tuple[int, ...] | None
    """Frames of each token, where the model gives them."""
    runaway: bool = False
    """The model went on far beyond what its text needs; it was cut there."""
    truncated: bool = False
    """The model stopped before it had read its text."""


class AcousticModel(Protocol):
    """What the engine asks of an acoustic model."""

    @property
    def batch_invariant(self) -> bool:
        """Whether an utterance has the same bits in a batch as alone, as tried on this machine."""
        ...

    @property
    def leading_pause(self) -> bool:
        """Whether it shall read a pause before the first word."""
        ...

    def mels(self, asked: Sequence[AcousticInput]) -> list[Mel]:
        """Make the mel spectrogram of each utterance; the same batch gives the same bytes."""
        ...


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
