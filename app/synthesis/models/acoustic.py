"""Define the interface of acoustic models, their input and output, and loaded checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from app.inference import AnyArray, Array
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
    pitch: float = 0.0
    """Semitones added to the pitch, by models that predict it."""
    pitch_range: float = 1.0
    """Factor on the movement of the pitch around its mean, by models that predict it."""


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

    @property
    def has_pitch(self) -> bool:
        """Whether the model predicts the pitch and applies that of its input."""
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


TOKEN_STEP = 16
"""Numbers of tokens of a batch are padded to a multiple of this."""
PROBE_TOKENS = (35, 41, 44, 48)
"""Lengths of the utterances that test whether each has the same bits in a batch as alone."""


def pad_tokens(tokens: Sequence[Sequence[int]]) -> tuple[AnyArray, AnyArray]:
    """Return the ids of a batch, (B, N), and the number of each utterance's, (B,)."""
    lengths = np.array([len(ids) for ids in tokens], np.int64)
    ids = np.zeros((len(tokens), -(-max(lengths) // TOKEN_STEP) * TOKEN_STEP), np.int64)
    for row, one in enumerate(tokens):
        ids[row, : len(one)] = one
    return ids, lengths


def compare_batch(model: AcousticModel, symbols: int, speakers: Array | None) -> bool:
    """Return whether some utterances have the same bits in a batch as alone.

    They are made of `symbols`, the size of the vocabulary, and of the embeddings `speakers`, (speakers, channels).
    """
    ids = range(1, symbols)
    shares: list[SpeakerShares] = [{}] if speakers is None else [{number: 1.0} for number in range(len(speakers))]
    inputs = [
        AcousticInput(
            [ids[(7 * place + row) % len(ids)] for place in range(count)], shares[row % len(shares)], 1.0, row
        )
        for row, count in enumerate(PROBE_TOKENS)
    ]
    alone = [model.compute_mels([one])[0] for one in inputs]
    pairs = zip(alone, model.compute_mels(inputs), strict=True)
    return all(np.array_equal(one.frames, other.frames) for one, other in pairs)
