"""Vocode mel spectrograms: coqui's HiFi-GAN (arXiv 2010.05646), HiFi-GAN and Vocos with a harmonic source.

Each vocoder works in chunks that overlap by its receptive field, so that the chunks equal the whole.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from app.inference import Backend
from app.synthesis.coqui import HifiganGenerator
from app.synthesis.expression import apply_expression, cut_expression
from app.synthesis.mel import find_input_span, pad_to_multiple, split_at_quiet_frames, split_frames
from app.synthesis.models.nsf import HifiganSourceGenerator, compute_mel_centres
from app.synthesis.models.vocos import VocosSourceGenerator
from app.types import Samples
from app.voices.manifest import NO_EXPRESSION, Expression

VOCOS_CHUNK_FRAMES = 448
"""Frames, 5.6 seconds, or 505 with the overlap; longer chunks hardly reduce the cost per second."""
HIFIGAN_CHUNK_FRAMES = 128
"""Frames, about 1.5 seconds: HiFi-GAN is many times slower."""
MAX_SPAN_FRAMES = 4096
"""Frames, 50 seconds: longer than a clause at its usual speed. A harmonic source takes about 11 KB of memory for each
frame."""


class Vocoder(Protocol):
    """Interface of vocoders to the engine."""

    hop_length: int
    """Samples per frame."""

    def generate_chunks(
        self, mel: Tensor, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """Yield the samples (T * hop,) of a mel spectrogram (1, n_mels, T) in chunks, within -1..1.

        With `low_latency` the first chunk is short. A vocoder with a harmonic source applies the expression. The same
        arguments give the same bytes.
        """
        ...


def vocode(vocoder: Vocoder, mel: Tensor, seed: int, low_latency: bool, expression: Expression) -> Iterator[Samples]:
    """Yield the samples of a mel spectrogram of any length, in spans for each of which a harmonic source is made."""
    for start, end in split_at_quiet_frames(mel, MAX_SPAN_FRAMES):
        part = cut_expression(expression, start, end, mel.shape[2])
        yield from vocoder.generate_chunks(mel[..., start:end], seed, low_latency and start == 0, part)


class HifiganVocoder:
    """Plain HiFi-GAN, called as in coqui with the frames at both ends repeated; the surplus samples are cut off."""

    def __init__(
        self, generator: HifiganGenerator, config: Mapping[str, Any], hop_length: int, backend: Backend
    ) -> None:
        self.padding = generator.inference_padding
        self.hop_length = hop_length
        self.margin = compute_receptive_field(config, hop_length)
        mels = generator.conv_pre.in_channels
        self.generate = backend.compile(generator, lambda batch, length: (torch.zeros(batch, mels, length),))

    @torch.inference_mode()
    def generate_chunks(
        self, mel: Tensor, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`; a plain HiFi-GAN has no randomness and no pitch of its own."""
        whole = F.pad(mel, (self.padding, self.padding), "replicate")
        for start, end in split_frames(mel.shape[2], HIFIGAN_CHUNK_FRAMES, low_latency):
            start, end = start + self.padding, end + self.padding
            first, last = find_input_span(start, end, self.margin, whole.shape[2], HIFIGAN_CHUNK_FRAMES)
            (samples,) = self.generate(whole[..., first:last])
            yield slice_samples(samples, start - first, end - first, self.hop_length)


class HifiganSourceVocoder:
    """HiFi-GAN with a harmonic source; its noise comes from the seed."""

    def __init__(
        self, generator: HifiganSourceGenerator, config: Mapping[str, Any], hop_length: int, backend: Backend
    ) -> None:
        # A copy, because the backend owns the compiled module and may free its weights.
        self.generator = copy.deepcopy(generator).eval().requires_grad_(False)
        self.hop_length = hop_length
        source = generator.source_config
        self.frame_rate = source.sample_rate / hop_length
        self.centres = torch.from_numpy(compute_mel_centres(source.num_mels, source.mel_fmin, source.mel_fmax)).float()
        self.smallest = source.padding // hop_length + 2
        self.margin = compute_receptive_field(config, hop_length)
        mels = source.num_mels
        self.generate = backend.compile(
            generator,
            lambda batch, length: (torch.zeros(batch, mels, length), torch.zeros(batch, 2, length * hop_length)),
        )

    @torch.inference_mode()
    def generate_chunks(
        self, mel: Tensor, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`; the excitation of the whole utterance keeps its phase continuous."""
        whole, hop = pad_to_length(mel, self.smallest), self.hop_length
        noise = torch.randn(1, whole.shape[2] * hop, generator=torch.Generator().manual_seed(seed))
        pitch, voicing = self.generator.read_pitch(whole)
        whole, pitch = apply_expression(whole, pitch, voicing, expression, self.centres, self.frame_rate)
        excitation = self.generator.source(whole, pitch, voicing, noise)
        for start, end in split_frames(mel.shape[2], HIFIGAN_CHUNK_FRAMES, low_latency):
            first, last = find_input_span(start, end, self.margin, whole.shape[2], HIFIGAN_CHUNK_FRAMES)
            (samples,) = self.generate(whole[..., first:last], excitation[..., first * hop : last * hop])
            yield slice_samples(samples, start - first, end - first, hop)


class VocosSourceVocoder:
    """Vocos with a harmonic source; the backend runs only the network, PyTorch the transforms."""

    def __init__(self, generator: VocosSourceGenerator, backend: Backend) -> None:
        generator.eval().requires_grad_(False)
        config = generator.config
        self.generator = generator
        self.hop_length = config.hop_length
        self.frame_rate = config.sample_rate / config.hop_length
        self.centres = torch.from_numpy(compute_mel_centres(config.num_mels, config.mel_fmin, config.mel_fmax)).float()
        self.size = config.fft_size
        self.smallest = config.fft_size // (2 * config.hop_length) + 1
        self.margin = generator.spectrum.margin

        def example(batch: int, length: int) -> tuple[Tensor, ...]:
            track = torch.zeros(batch, length)
            return torch.zeros(batch, config.num_mels, length), track, track, torch.ones(batch, 1, length)

        self.spectrum = backend.compile(generator.spectrum, example)

    @torch.inference_mode()
    def generate_chunks(
        self, mel: Tensor, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`; without randomness, the seed has no effect."""
        whole = pad_to_length(mel, self.smallest)
        pitch, voicing = self.generator.read_pitch(whole)
        whole, pitch = apply_expression(whole, pitch, voicing, expression, self.centres, self.frame_rate)
        pulses = self.generator.excite(pitch, voicing)
        for start, end in split_frames(mel.shape[2], VOCOS_CHUNK_FRAMES, low_latency):
            yield self.chunk(whole, pitch, voicing, pulses, start, end)

    def chunk(self, mel: Tensor, pitch: Tensor, voicing: Tensor, pulses: Tensor, start: int, end: int) -> Samples:
        """Compute the samples of the frames `start` to `end` of an utterance."""
        frames, hop = mel.shape[2], self.hop_length
        reached, until = self.generator.find_receptive_span(start, end)
        first, last = max(0, reached), min(frames, until)
        seen = slice(max(0, first - self.margin), min(frames, last + self.margin))
        tracks = (mel[..., seen], pitch[..., seen], voicing[..., seen], torch.ones_like(mel[:, :1, seen]))
        (parts,) = self.spectrum(*(pad_to_multiple(track) for track in tracks))
        parts = parts[..., first - seen.start : last - seen.start]
        spectrum = self.generator.render(parts, pulses[:, first * hop : (last - 1) * hop + self.size])
        spectrum = F.pad(spectrum, (first - reached, until - last))
        samples: Samples = self.generator.invert(spectrum, start, end, frames)[0].clamp(-1, 1).numpy()
        return samples


def pad_to_length(mel: Tensor, frames: int) -> Tensor:
    """Repeat the last frame up to a number of frames: reflection at the ends needs more samples than it reflects."""
    return F.pad(mel, (0, max(0, frames - mel.shape[2])), "replicate")


def slice_samples(samples: Tensor, start: int, end: int, hop_length: int) -> Samples:
    """Return the samples of the frames `start` to `end` of a generator's output (1, 1, T * hop)."""
    kept: Samples = samples[0, 0, start * hop_length : end * hop_length].numpy()
    return kept


def compute_receptive_field(generator: Mapping[str, Any], hop_length: int) -> int:
    """Return a HiFi-GAN's receptive field, in frames to each side, from coqui's generator config."""
    frames, rate = 3.0, 1
    for factor, kernel in zip(generator["upsample_factors"], generator["upsample_kernel_sizes"], strict=True):
        frames += (kernel / (2 * factor) + 1) / rate
        rate *= factor
        blocks = zip(generator["resblock_kernel_sizes"], generator["resblock_dilation_sizes"], strict=True)
        # In a block of type 1, an undilated layer follows each dilated one.
        frames += max((size // 2) * sum(dilation + 1 for dilation in dilations) for size, dilations in blocks) / rate
    return math.ceil(frames + 20 / hop_length) + 1
