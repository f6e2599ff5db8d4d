"""Run a Piper voice, a VITS (arXiv 2106.06103): ids -> latents -> samples, with the noise of a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.inference import AnyArray, Array, Network
from app.synthesis.mel import pad_frames, split_frames
from app.synthesis.models.acoustic import AcousticInput, Mel, SpeakerShares, pad_tokens
from app.synthesis.models.durations import (
    FRAME_NOISE,
    MAX_TOKEN_SECONDS,
    draw_duration_noise,
    limit_durations,
    sample_latents,
)
from app.synthesis.models.vocoders import Vocoder
from app.types import Samples
from app.voices.manifest import NO_EXPRESSION, Expression

CHUNK_FRAMES = 576
"""Frames, 6.7 seconds: most sentences are one chunk, without an overlap."""


@dataclass(frozen=True, slots=True)
class PiperDesign:
    """What the steps between the networks of a Piper voice need of it."""

    channels: int
    """Channels of the latents."""
    features: int
    """Channels of the generator's input."""
    hop_length: int
    """Samples per frame."""
    margin: int
    """Receptive field of the generator, in frames to each side."""
    has_speakers: bool
    """Whether the networks take the number of a speaker."""

    def make_symbols(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the encoder, which takes one utterance whatever the batch is."""
        ids, lengths, noise = np.zeros((1, length), np.int64), np.array([length], np.int64), np.zeros((1, 2, length))
        return ids, lengths, np.ones(3, np.float32), noise.astype(np.float32), *self.number_speaker({})

    def make_latents(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the flow."""
        latents, durations = np.zeros((1, self.channels, length), np.float32), np.ones((1, 1, length), np.float32)
        return latents, durations, *self.number_speaker({})

    def make_features(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the generator."""
        return (np.zeros((1, self.features, length), np.float32),)

    def number_speaker(self, speakers: SpeakerShares) -> tuple[AnyArray, ...]:
        """Return the number of the speaker with the largest share; nothing for a voice with a single speaker."""
        if not self.has_speakers:
            return ()
        return (np.array([max(speakers, key=lambda number: speakers[number], default=0)], np.int64),)


@dataclass(frozen=True, slots=True)
class Scales:
    """Scales of a config, see `app.voices.piper_config`."""

    noise: float
    length: float
    duration_noise: float


class PiperModel:
    """A Piper voice with the engine's interface, see `EndToEndModel`; its frames are the generator's features."""

    batch_invariant = True
    """Each utterance is computed alone."""
    leading_pause = False
    has_pitch = False

    def __init__(
        self, design: PiperDesign, scales: Scales, sample_rate: int, encode: Network, flow: Network, generate: Network
    ) -> None:
        """Use the networks of `app.synthesis.models.piper_graph`; `sample_rate` is in hertz."""
        self.design = design
        self.scales = scales
        self.encode = encode
        self.flow = flow
        self.decoder = PiperDecoder(generate, design)
        self.longest = round(MAX_TOKEN_SECONDS * sample_rate / design.hop_length)

    def make_decoder(self, speakers: SpeakerShares) -> Vocoder:
        """See `EndToEndModel.make_decoder`; the features already have the speaker's voice."""
        return self.decoder

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        return [self.compute_features(one) for one in inputs]

    def compute_features(self, input: AcousticInput) -> Mel:
        """Compute the generator's features of an utterance, (1, F, T)."""
        speaker, count = self.design.number_speaker(input.speakers), len(input.tokens)
        # Padded, because OpenVINO prepares itself for each new length; the encoder masks the padding.
        ids, lengths = pad_tokens([input.tokens])
        scales = np.array([0.0, self.scales.length / input.speed, self.scales.duration_noise], np.float32)
        noise = pad_frames(draw_duration_noise(input.seed, count), 0, ids.shape[1] - count)
        predicted, mean, log_scale = self.encode(ids, lengths, scales, noise, *speaker)
        durations, runaway = limit_durations(predicted[0, 0, :count], max(1, round(self.longest / input.speed)))
        mean, log_scale = (np.repeat(one[0, :count].T, durations, 1) for one in (mean, log_scale))
        latents = sample_latents(mean, log_scale, input.seed ^ FRAME_NOISE, self.scales.noise)
        (features,) = self.flow(latents[None], durations[None, None].astype(np.float32), *speaker)
        return Mel(features, tuple(durations.tolist()), runaway=runaway)


class PiperDecoder:
    """Generator of a Piper voice, in chunks that overlap by its receptive field, see `Vocoder`."""

    def __init__(self, generate: Network, design: PiperDesign) -> None:
        self.generate = generate
        self.hop_length = design.hop_length
        self.margin = design.margin

    def generate_chunks(
        self, mel: Array, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`; the generator has no randomness and no pitch of its own."""
        for start, end in split_frames(mel.shape[2], CHUNK_FRAMES, low_latency):
            first, last = max(0, start - self.margin), min(mel.shape[2], end + self.margin)
            (samples,) = self.generate(np.ascontiguousarray(mel[..., first:last]))
            yield samples.reshape(-1)[(start - first) * self.hop_length : (end - first) * self.hop_length]
