"""Vocode mel spectrograms: coqui's generators, HiFi-GAN (arXiv 2010.05646) and Vocos with a harmonic source.

Each vocoder works in chunks that overlap by its receptive field, so that the chunks equal the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from app.inference import AnyArray, Array, Network
from app.synthesis.expression import apply_expression, cut_expression
from app.synthesis.mel import (
    compute_mel_centres,
    find_input_span,
    pad_frames,
    pad_to_multiple,
    split_at_quiet_frames,
    split_frames,
)
from app.synthesis.models.generators import GeneratorDesign, measure_hifigan
from app.synthesis.models.waveform import VocosConfig, Waveform
from app.synthesis.noise import draw_noise
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
        self, mel: Array, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """Yield the samples (T * hop,) of a mel spectrogram (1, n_mels, T) in chunks, within -1..1.

        With `low_latency` the first chunk is short. A vocoder with a harmonic source applies the expression. The same
        arguments give the same bytes.
        """
        ...


def vocode(vocoder: Vocoder, mel: Array, seed: int, low_latency: bool, expression: Expression) -> Iterator[Samples]:
    """Yield the samples of a mel spectrogram of any length, in spans for each of which a harmonic source is made."""
    for start, end in split_at_quiet_frames(mel, MAX_SPAN_FRAMES):
        part = cut_expression(expression, start, end, mel.shape[2])
        yield from vocoder.generate_chunks(mel[..., start:end], seed, low_latency and start == 0, part)


class GeneratorVocoder:
    """A generator of coqui, called as in coqui with the frames at both ends repeated; the surplus samples are cut off.

    It has no pitch of its own. Its noise, if it takes any, comes from the seed.
    """

    def __init__(self, generate: Network, design: GeneratorDesign) -> None:
        """Use the compiled generator, which takes a mel spectrogram and, if the design has noise, that."""
        self.generate = generate
        self.design = design
        self.hop_length = design.hop_length

    def generate_chunks(
        self, mel: Array, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`."""
        padding, margin = self.design.padding, self.design.margin
        whole = pad_to_length(pad_frames(mel, padding, padding, "edge"), self.design.smallest)
        noise = self.draw(seed, whole.shape[2])
        for start, end in split_frames(mel.shape[2], HIFIGAN_CHUNK_FRAMES, low_latency):
            start, end = start + padding, end + padding
            first, last = find_input_span(start, end, margin, whole.shape[2], HIFIGAN_CHUNK_FRAMES)
            parts = [track[..., first * rate : last * rate] for track, rate in noise]
            (samples,) = self.generate(whole[..., first:last], *parts)
            yield np.clip(slice_samples(samples, start - first, end - first, self.hop_length), -1, 1)

    def draw(self, seed: int, frames: int) -> list[tuple[Array, int]]:
        """Return the noise (1, channels, frames * rate) and its rate; nothing for a generator without noise."""
        if self.design.noise is None:
            return []
        channels, rate = self.design.noise
        return [(draw_noise(seed, 1, channels, frames * rate), rate)]


class HifiganSource(Protocol):
    """Pitch and excitation of a `HifiganSourceVocoder`."""

    def read_pitch(self, mel: Array) -> tuple[Array, Array]:
        """Map (1, n_mels, T) -> log2(F0 / 100 Hz) and voicing, 0 or 1, (T,) each."""
        ...

    def excite(self, mel: Array, pitch: Array, voicing: Array, noise: Array) -> Array:
        """Compute the excitation of a whole utterance, (1, 2, T * hop), from noise (T * hop,)."""
        ...


class HifiganSourceVocoder:
    """HiFi-GAN with a harmonic source; its noise comes from the seed."""

    def __init__(
        self, source: HifiganSource, generate: Network, config: Mapping[str, Any], generator: Mapping[str, Any]
    ) -> None:
        """Use the compiled generator; `config` is the audio's, `generator` that of the network."""
        self.source = source
        self.generate = generate
        self.hop_length = hop = config["hop_length"]
        self.frame_rate = config["sample_rate"] / hop
        self.centres = compute_mel_centres(config["num_mels"], config["mel_fmin"], config["mel_fmax"])
        self.smallest = (config["fft_size"] - hop) // 2 // hop + 2
        self.margin = math.ceil(measure_hifigan(generator)) + 1

    def generate_chunks(
        self, mel: Array, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`; the excitation of the whole utterance keeps its phase continuous."""
        whole, hop = pad_to_length(mel, self.smallest), self.hop_length
        pitch, voicing = self.source.read_pitch(whole)
        whole, pitch = apply_expression(whole, pitch, voicing, expression, self.centres, self.frame_rate)
        excitation = self.source.excite(whole, pitch, voicing, draw_noise(seed, whole.shape[2] * hop))
        for start, end in split_frames(mel.shape[2], HIFIGAN_CHUNK_FRAMES, low_latency):
            first, last = find_input_span(start, end, self.margin, whole.shape[2], HIFIGAN_CHUNK_FRAMES)
            (samples,) = self.generate(whole[..., first:last], excitation[..., first * hop : last * hop])
            yield slice_samples(samples, start - first, end - first, hop)


class VocosSourceVocoder:
    """Vocos with a harmonic source."""

    def __init__(self, config: VocosConfig, spectrum: Network, pitch: Network) -> None:
        """Use the compiled `FrameSpectra` and `MaskedPitch` of `app.synthesis.models.vocos`."""
        self.waveform = Waveform(config)
        self.spectrum = spectrum
        self.pitch = pitch
        self.hop_length = config.hop_length
        self.frame_rate = config.sample_rate / config.hop_length
        self.centres = compute_mel_centres(config.num_mels, config.mel_fmin, config.mel_fmax)
        self.size = config.fft_size
        self.smallest = config.fft_size // (2 * config.hop_length) + 1
        self.margin = config.margin

    def generate_chunks(
        self, mel: Array, seed: int, low_latency: bool, expression: Expression = NO_EXPRESSION
    ) -> Iterator[Samples]:
        """See `Vocoder.generate_chunks`; without randomness, the seed has no effect."""
        whole = pad_to_length(mel, self.smallest)
        pitch, voicing = self.read_pitch(whole)
        whole, pitch = apply_expression(whole, pitch, voicing, expression, self.centres, self.frame_rate)
        pulses = self.waveform.excite(pitch, voicing)
        for start, end in split_frames(mel.shape[2], VOCOS_CHUNK_FRAMES, low_latency):
            yield self.chunk(whole, pitch, voicing, pulses, start, end)

    def read_pitch(self, mel: Array) -> tuple[Array, Array]:
        """Map (1, n_mels, T) -> log2(F0 / 100 Hz) and voicing, 0 or 1, (T,) each."""
        pitch, logit = self.pitch(pad_to_multiple(mel), pad_to_multiple(np.ones_like(mel[:, :1])))
        return pitch[0, : mel.shape[2]], (logit[0, : mel.shape[2]] > 0).astype(np.float32)

    def chunk(self, mel: Array, pitch: Array, voicing: Array, pulses: Array, start: int, end: int) -> Samples:
        """Compute the samples of the frames `start` to `end` of an utterance."""
        frames, hop, waveform = mel.shape[2], self.hop_length, self.waveform
        reached, until = waveform.find_receptive_span(start, end)
        first, last = max(0, reached), min(frames, until)
        seen = slice(max(0, first - self.margin), min(frames, last + self.margin))
        tracks = (mel[..., seen], pitch[None, seen], voicing[None, seen], np.ones_like(mel[:, :1, seen]))
        (parts,) = self.spectrum(*(pad_to_multiple(track) for track in tracks))
        parts = parts[0, :, first - seen.start : last - seen.start]
        spectrum = waveform.render(parts, pulses[first * hop : (last - 1) * hop + self.size])
        spectrum = np.pad(spectrum, ((first - reached, until - last), (0, 0)))
        return np.clip(waveform.invert(spectrum, start, end, frames), -1, 1)


def make_vocos_example(config: VocosConfig, batch: int, length: int) -> tuple[AnyArray, ...]:
    """Return example inputs of the network of a Vocos: mel spectrogram, pitch, voicing and mask."""
    track = np.zeros((batch, length), np.float32)
    mel, mask = np.zeros((batch, config.num_mels, length), np.float32), np.ones((batch, 1, length), np.float32)
    return mel, track, track, mask


def pad_to_length(mel: Array, frames: int) -> Array:
    """Repeat the last frame up to a number of frames: reflection at the ends needs more samples than it reflects."""
    return pad_frames(mel, 0, max(0, frames - mel.shape[2]), "edge")


def slice_samples(samples: Array, start: int, end: int, hop_length: int) -> Samples:
    """Return the samples of the frames `start` to `end` of a generator's output (1, 1, T * hop)."""
    return samples[0, 0, start * hop_length : end * hop_length]
