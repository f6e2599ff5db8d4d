"""The transforms around the network of a Vocos with a harmonic source: pitch to pulses, spectra to samples.

`app.synthesis.models.vocos` has the same for training, in PyTorch; `VocosSourceGenerator.forward` is the reference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from app.inference import AnyArray, Array
from app.synthesis.mel import pad_frames

PITCH_BASE_HZ = 100.0
MIN_SINE = 1e-5
HARMONIC_BAND_SHARE = 11 / 12
"""Upper limit of the harmonics as a share of half the sample rate; above it the free part gives breath and noise."""
MAX_LOG_MAGNITUDE = 7.0
"""Maximum log magnitude, so that faults of the network do not overflow."""

KERNEL = 7
"""Frames that a convolution of the network sees."""


@dataclass(frozen=True, slots=True)
class VocosConfig:
    """Parameters in `config.json`."""

    sample_rate: int
    """Hertz."""
    hop_length: int
    """Samples between frames."""
    fft_size: int
    """Samples per window; a multiple of the hop."""
    num_mels: int
    mel_fmin: float
    """Hertz."""
    mel_fmax: float
    """Hertz."""
    channels: int
    blocks: int
    pitch_channels: int

    @property
    def bins(self) -> int:
        """Frequency bins of a spectrum."""
        return self.fft_size // 2 + 1

    @property
    def margin(self) -> int:
        """Receptive field of the network in frames to each side."""
        return (self.blocks + 1) * (KERNEL // 2)

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> VocosConfig:
        """Read the parameters from a `vocos_source` config."""
        audio = {name: config["audio"][name] for name in ("sample_rate", "hop_length", "fft_size", "num_mels")}
        edges = {name: config["audio"][name] for name in ("mel_fmin", "mel_fmax")}
        return cls(**audio, **edges, **config["network"])


def to_samples(track: AnyArray, hop_length: int) -> AnyArray:
    """Interpolate values per frame to values per sample, (T,) -> (T * hop_length,); constant at both ends."""
    ends = pad_frames(track, 1, 1, "edge")
    later = ((np.arange(hop_length) + 0.5 * (1 - hop_length % 2)) / hop_length).astype(track.dtype)
    between: AnyArray = (1 - later) * ends[:-1, None] + later * ends[1:, None]
    return between.reshape(-1)[hop_length // 2 :][: len(track) * hop_length]


def make_pulse_train(pitch: Array, hop_length: int, sample_rate: int, top_hz: float) -> Array:
    """Sum all harmonics up to `top_hz`, each of amplitude one (Dirichlet kernel).

    `pitch` is log2(F0 / 100 Hz), (T,); the samples are (T * hop_length,).
    """
    # In double precision, because the phase sums all errors. The distance to the nearest pulse does not need it: near a
    # pulse it is small.
    frequency = PITCH_BASE_HZ * np.exp2(to_samples(pitch.astype(np.float64), hop_length))
    phase = np.cumsum(frequency / sample_rate)
    angle = np.float32(math.pi) * (phase - np.round(phase)).astype(np.float32)
    harmonics = np.floor(np.float32(top_hz) / frequency.astype(np.float32))
    sine = np.sin(angle)
    at_pulse = np.abs(sine) < MIN_SINE
    sine[at_pulse] = 1
    between = np.float32(0.5) * (np.sin((2 * harmonics + 1) * angle) / sine - 1)
    pulses: Array = np.where(at_pulse, harmonics, between)
    return pulses


class Waveform:
    """The transforms for one configuration."""

    def __init__(self, config: VocosConfig) -> None:
        self.config = config

    @cached_property
    def window(self) -> Array:
        """Periodic Hann window, (fft_size,)."""
        size = self.config.fft_size
        return (0.5 - 0.5 * np.cos(2 * math.pi * np.arange(size) / size)).astype(np.float32)

    def excite(self, pitch: Array, voicing: Array) -> Array:
        """Compute the pulses of a whole utterance, (T,) each -> (T * hop + fft_size), reflected at both ends.

        Their phase is continuous, so they are computed before the utterance is cut into chunks.
        """
        hop, rate = self.config.hop_length, self.config.sample_rate
        pulses = make_pulse_train(pitch, hop, rate, HARMONIC_BAND_SHARE * rate / 2)
        half = self.config.fft_size // 2
        return pad_frames(np.where(to_samples(voicing, hop) > 0.5, pulses, np.float32(0)), half, half, "reflect")

    def render(self, parts: Array, pulses: Array) -> AnyArray:
        """Compute spectra by applying the network's output (4, T, bins) to the windowed pulses.

        The four are log magnitude and phase of the harmonics' filter, then log magnitude and phase of the free part.
        `pulses` are ((T - 1) * hop + fft_size), with a frame at each hop. Returns complex (T, bins).
        """
        size, hop = self.config.fft_size, self.config.hop_length
        tone, tone_phase, free, free_phase = parts
        frames = np.lib.stride_tricks.sliding_window_view(pulses, size)[::hop]
        # Divided by half the window's sum, every harmonic has magnitude one, so the filter sets its magnitude.
        harmonics = np.fft.rfft(frames * self.window) / np.float32(size / 4)
        harmonics *= polar(tone, tone_phase)
        harmonics += polar(free, free_phase)
        return harmonics

    def find_receptive_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of frames whose windows touch the frames `start` to `end`; it may exceed the utterance."""
        half = self.config.fft_size // (2 * self.config.hop_length)
        return start - half + 1, end + half

    def invert(self, spectrum: AnyArray, start: int, end: int, frames: int) -> Array:
        """Compute the inverse STFT of one chunk: spectra of `find_receptive_span` -> samples ((end - start) * hop,).

        Spectra outside the utterance's `frames` must be zero. As in `torch.istft`, the sum is divided by the sum of the
        squared windows, which includes one frame after the last.
        """
        size, hop = self.config.fft_size, self.config.hop_length
        places = np.arange(*self.find_receptive_span(start, end))
        there = ((places >= 0) & (places <= frames)).astype(np.float32)
        windowed: AnyArray = np.fft.irfft(spectrum, n=size)
        windowed *= self.window
        weights = overlap_add(there[:, None] * self.window**2, hop)
        kept = slice(size - hop, size - hop + (end - start) * hop)
        return overlap_add(windowed, hop)[kept] / weights[kept]


def polar(log_magnitude: Array, phase: Array) -> AnyArray:
    """Return complex numbers of limited magnitude."""
    magnitude = np.exp(np.minimum(log_magnitude, np.float32(MAX_LOG_MAGNITUDE)))
    numbers = np.empty(phase.shape, np.complex64)
    np.multiply(magnitude, np.cos(phase), numbers.real)
    np.multiply(magnitude, np.sin(phase), numbers.imag)
    return numbers


def overlap_add(frames: Array, hop_length: int) -> Array:
    """Sum overlapping frames (T, size), one hop apart, to samples ((T - 1) * hop + size); size is a multiple of it."""
    count, size = frames.shape
    samples = np.zeros((count + size // hop_length - 1, hop_length), np.float32)
    for part in range(size // hop_length):
        samples[part : part + count] += frames[:, part * hop_length : (part + 1) * hop_length]
    return samples.reshape(-1)
