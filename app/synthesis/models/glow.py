"""Run GlowTTS (arXiv 2005.11129): token ids -> mel spectrograms, several utterances at a time.

The steps are those of coqui's `inference`, but each utterance has a random state of its own, durations are checked, and
lengths are padded to a few sizes. Encoder and decoder mask the padding, so an utterance is the same in any batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from app.inference import AnyArray, Array, Network
from app.synthesis.mel import pad_frames, pad_to_multiple, split_frames
from app.synthesis.models.acoustic import AcousticInput, Mel, SpeakerShares, compare_batch, pad_tokens
from app.synthesis.models.durations import MAX_TOKEN_SECONDS, limit_durations, sample_latents

PAUSE_CUTS = (0.025, 0.0125)
"""Seconds by which the first and the last token of a short pause are shorter than predicted."""
MAX_DECODER_FRAMES = 3072
"""Maximum frames of all utterances in one decoder call, which takes about 7 KB of memory for each; a backend may keep
that memory. A batch of sentences at their usual speed has fewer frames."""


@dataclass(frozen=True, slots=True, eq=False)
class GlowDesign:
    """What the steps between the networks of a GlowTTS need of it."""

    symbols: int
    """Size of the vocabulary."""
    mels: int
    """Mel bands."""
    fold: int
    """Frames that the flow squeezes into one."""
    margin: int
    """Receptive field of the flow, in folds to each side."""
    length_scale: float
    """Factor on durations."""
    noise_scale: float
    """Factor on the noise."""
    speakers: Array | None
    """Speaker embeddings, (speakers, channels); None for a single speaker."""

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of the speaker embeddings; empty for a single speaker."""
        return () if self.speakers is None else self.speakers.shape[1:]

    def make_tokens(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the encoder."""
        ids, lengths = np.zeros((batch, length), np.int64), np.full(batch, length, np.int64)
        return ids, lengths, *(np.zeros((batch, size, 1), np.float32) for size in self.channels)

    def make_frames(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the decoder."""
        latent, mask = np.zeros((batch, self.mels, length), np.float32), np.ones((batch, 1, length), np.float32)
        return latent, mask, *(np.zeros((batch, size, 1), np.float32) for size in self.channels)


class GlowAcoustic:
    """GlowTTS with the engine's interface, see `AcousticModel`."""

    leading_pause = True
    has_pitch = False

    def __init__(
        self,
        design: GlowDesign,
        encode: Network,
        decode: Network,
        frame_rate: float,
        recall: Callable[[Callable[[], bool]], bool] = lambda compute: compute(),
    ) -> None:
        """Use the networks of `app.synthesis.models.glow_modules`; `frame_rate` is in frames per second.

        `recall` returns the result of `test_batches`, or that of an earlier start.
        """
        self.design = design
        self.encode = encode
        self.decode = decode
        self.frame_rate = frame_rate
        self.recall = recall
        self.longest = round(MAX_TOKEN_SECONDS * frame_rate)

    @cached_property
    def batch_invariant(self) -> bool:
        """See `AcousticModel.batch_invariant`."""
        return self.recall(self.test_batches)

    def test_batches(self) -> bool:
        """Return whether some utterances have the same bits in a batch as alone."""
        return compare_batch(self, self.design.symbols, self.design.speakers)

    def with_networks(self, speakers: Array | None, *networks: Network) -> GlowAcoustic:
        """Return the same model with other weights."""
        encode, decode = networks
        return GlowAcoustic(replace(self.design, speakers=speakers), encode, decode, self.frame_rate)

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        speaker = self.embed_speakers([one.speakers for one in inputs])
        encoded = self.encode_tokens([one.tokens for one in inputs], speaker)
        expanded = [
            self.expand_to_frames(one, mean, log_scale, log_durations[0])
            for one, (mean, log_scale, log_durations) in zip(inputs, encoded, strict=True)
        ]
        frames = self.decode_latents([latent for latent, _, _ in expanded], speaker)
        return [
            Mel(mel, tuple(durations.tolist()), runaway=runaway)
            for mel, (_, durations, runaway) in zip(frames, expanded, strict=True)
        ]

    def compute_timed_mel(
        self, tokens: Sequence[int], speakers: SpeakerShares, durations: Sequence[int], seed: int
    ) -> Array:
        """Return the mel spectrogram (1, n_mels, T) for given durations in frames, whose sum T must be even."""
        speaker = self.embed_speakers([speakers])
        ((mean, log_scale, _),) = self.encode_tokens([tokens], speaker)
        (mel,) = self.decode_latents([self.sample(mean, log_scale, np.asarray(durations), seed)], speaker)
        return mel

    def encode_tokens(self, tokens: Sequence[Sequence[int]], speaker: tuple[Array, ...]) -> list[tuple[Array, ...]]:
        """Return mean, log scale and log durations of each utterance, (channels, tokens), cut to its own length."""
        outputs = self.encode(*pad_tokens(tokens), *speaker)
        return [tuple(output[row, :, : len(one)] for output in outputs) for row, one in enumerate(tokens)]

    def expand_to_frames(
        self, input: AcousticInput, mean: Array, log_scale: Array, log_durations: Array
    ) -> tuple[Array, AnyArray, bool]:
        """Return an utterance's latent, its frames per token, and whether a predicted duration exceeded the maximum."""
        rates = np.full_like(log_durations, input.speed)
        rates[: input.preceding_tokens + input.pause_tokens] = max(1.0, input.speed)
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = np.ceil((np.exp(log_durations) - 1) * self.design.length_scale / rates)
        durations, runaway = limit_durations(predicted, max(1, round(self.longest / input.speed)), shortest=1)
        durations[: input.preceding_tokens] = 0
        if input.short_pause:
            ends = [input.preceding_tokens, input.preceding_tokens + input.pause_tokens - 1]
            cuts = [round(seconds * self.frame_rate) for seconds in PAUSE_CUTS]
            durations[ends] = np.maximum(1, durations[ends] - cuts)
        return self.sample(mean, log_scale, durations, input.seed), durations, runaway

    def sample(self, mean: Array, log_scale: Array, durations: AnyArray, seed: int) -> Array:
        """Expand the encoder's output to frames and sample the flow's latent, (n_mels, T)."""
        # The flow squeezes frames into folds and needs one full fold.
        missing = max(0, self.design.fold - int(durations.sum()))
        mean, log_scale = (pad_frames(np.repeat(one, durations, 1), 0, missing, "edge") for one in (mean, log_scale))
        return sample_latents(mean, log_scale, seed, self.design.noise_scale)

    def decode_latents(self, latents: Sequence[Array], speaker: tuple[Array, ...]) -> list[Array]:
        """Decode latents (n_mels, T) to mel spectrograms (1, n_mels, T), each a whole number of folds long."""
        if len(latents) * max(latent.shape[1] for latent in latents) <= MAX_DECODER_FRAMES:
            return self.decode_batch(latents, speaker)
        return [
            self.decode_in_windows(latent, tuple(vectors[row : row + 1] for vectors in speaker))
            for row, latent in enumerate(latents)
        ]

    def decode_in_windows(self, latent: Array, speaker: tuple[Array, ...]) -> Array:
        """Decode one utterance of any length in windows that overlap by the receptive field of a frame."""
        fold, margin = self.design.fold, self.design.margin
        folds, parts = latent.shape[1] // fold, []
        for start, end in split_frames(folds, MAX_DECODER_FRAMES // fold, low_latency=False):
            first, last = max(0, start - margin), min(folds, end + margin)
            (mel,) = self.decode_batch([latent[:, first * fold : last * fold]], speaker)
            parts.append(mel[..., (start - first) * fold : (end - first) * fold])
        return np.concatenate(parts, axis=2)

    def decode_batch(self, latents: Sequence[Array], speaker: tuple[Array, ...]) -> list[Array]:
        """Decode utterances in one call."""
        lengths = [latent.shape[1] // self.design.fold * self.design.fold for latent in latents]
        longest = max(latent.shape[1] for latent in latents)
        batch = pad_to_multiple(np.stack([pad_frames(latent, 0, longest - latent.shape[1]) for latent in latents]))
        mask = (np.arange(batch.shape[2]) < np.array(lengths)[:, None]).astype(np.float32)[:, None]
        (frames,) = self.decode(batch, mask, *speaker)
        return [frames[row : row + 1, :, :length] for row, length in enumerate(lengths)]

    def embed_speakers(self, mixtures: Sequence[SpeakerShares]) -> tuple[Array, ...]:
        """Return the normalized sums of speaker embeddings, (B, channels, 1); empty for a single-speaker model."""
        if self.design.speakers is None:
            return ()
        shares = [np.array(list(one.values()), np.float32) for one in mixtures]
        sums = np.stack([share @ self.design.speakers[list(one)] for share, one in zip(shares, mixtures, strict=True)])
        norms = np.sqrt((sums * sums).sum(1, keepdims=True))
        return ((sums / np.maximum(norms, np.float32(1e-12)))[..., None],)
