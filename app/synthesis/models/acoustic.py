"""Define the interface of acoustic models, their input and output, and loaded checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from app.inference import Array
from app.synthesis.models.vocoders import Vocoder
from app.synthesis.tokenizer import Tokenizer

SpeakerShares = Mapping[int, float]
"""Share of each speaker of a multi-speaker model, by index; empty for a single-speaker model."""


@dataclass(frozen=True, slots=True)
class AcousticInput:
    """An utterance for an acoustic model."""

    tokens: Sequence[int]
    speakers: SpeakerShares
    speed: float
    seed: int
    preceding_tokens: int = 0
    """Number of tokens, from the first on, that the encoder reads and the decoder leaves out."""
    pause_tokens: int = 0
    """Number of tokens of the pause after those. Slow speech does not make the pause longer, because a longer one is
    heard as a word of its own."""
    short_pause: bool = False
    """Whether the pause is shorter, before a sound of `VOICED_PLOSIVES`."""


@dataclass(frozen=True, slots=True)
class Mel:
    """Mel spectrogram of an utterance, with faults of the model."""

    frames: Array
    """(1, n_mels, T), normalized as in the checkpoint's config."""
    durations: tuple[int, ...] | None
    """Frames of each token; None if the model does not report them."""
    runaway: bool = False
    """Whether the model ran far beyond what its text needs and was cut off."""
    truncated: bool = False
    """Whether the model stopped before the end of its text."""


class AcousticModel(Protocol):
    """Interface of acoustic models to the engine."""

    @property
    def batch_invariant(self) -> bool:
        """Whether an utterance has the same bits in a batch as alone, as tested on this machine."""
        ...

    @property
    def leading_pause(self) -> bool:
        """Whether the tokenizer should put a pause before the first word."""
        ...

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """Compute the mel spectrogram of each utterance; the same batch gives the same bytes."""
        ...


@runtime_checkable
class EndToEndModel(AcousticModel, Protocol):
    """Interface of models that need no vocoder, such as VITS, because a part of them makes the samples.

    Their `Mel.frames` are what that part takes, (1, channels, T): latents, or samples that are computed already.
    """

    def make_decoder(self, speakers: SpeakerShares) -> Vocoder:
        """Return the part that makes samples of frames, as spoken by a mixture of speakers; called for each emotion.

        It shares its networks with the model. Its hop length is in samples of the voice's rate.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LoadedCheckpoint:
    """An acoustic model with its tokenizer and speaker names."""

    tokenizer: Tokenizer
    model: AcousticModel
    speakers: tuple[str, ...]
    """Speaker names in the order of their embeddings; empty for a single speaker."""
