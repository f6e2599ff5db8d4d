"""Vocos with a harmonic source: a small network reads whole spectra from the mel spectrogram, one a frame.

Each frame's spectrum has two parts. The harmonic one is a pulse train of the pitch, filtered; the free one has a phase
of its own and carries breath, noise and onsets. Their sum goes through one inverse STFT. As all of the network works at
the rate of frames, it costs a fraction of a HiFi-GAN. Vocos: arXiv 2306.00814; neural source-filter models: arXiv
1904.12088; ConvNeXt: arXiv 2201.03545.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.synthesis.models.nsf import PitchNetwork, mel_to_bins, pulse_train, standardize, to_samples

TOP_SHARE = 11 / 12
"""Of half the sample rate: above it the pulse train has no harmonics, breath and noise are left to the free part."""
LOUDEST = 7.0
"""Largest logarithm of a magnitude, so that no fault of the network overflows."""
KERNEL = 7
WIDENING = 3
"""Channels inside a block, for each outside."""
OFFSET = -2.5
"""Where both log magnitudes start, below the mel spectrogram's own envelope: natural logarithm."""


@dataclass(frozen=True, slots=True)
class VocosConfig:
    """The numbers of `config.json`."""

    sample_rate: int
    """Hertz."""
    hop_length: int
    """Samples between two frames."""
    fft_size: int
    """Samples of a window; a multiple of the hop."""
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
        """Frequencies of a spectrum."""
        return self.fft_size // 2 + 1

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> VocosConfig:
        """Read a `vocos_source` config."""
        audio = {name: config["audio"][name] for name in ("sample_rate", "hop_length", "fft_size", "num_mels")}
        edges = {name: config["audio"][name] for name in ("mel_fmin", "mel_fmax")}
        return cls(**audio, **edges, **config["network"])


class Block(nn.Module):
    """ConvNeXt in one dimension: (B, channels, T) -> (B, channels, T)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(channels, channels, KERNEL, padding=KERNEL // 2, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, WIDENING * channels)
        self.narrow = nn.Linear(WIDENING * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Add what the block has to say; `mask` (B, 1, T) is 0 where a shorter utterance is padded."""
        inner = self.norm(self.depthwise(hidden * mask).transpose(1, 2))
        added: Tensor = (self.scale * self.narrow(F.gelu(self.widen(inner)))).transpose(1, 2)
        return hidden + added


class SpectrumNetwork(nn.Module):
    """Reads both parts of each frame's spectrum from mel spectrogram, pitch and voicing."""

    interpolation: Tensor

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.enter = nn.Conv1d(config.num_mels + 2, config.channels, KERNEL, padding=KERNEL // 2)
        self.norm_in = nn.LayerNorm(config.channels)
        self.blocks = nn.ModuleList(Block(config.channels) for _ in range(config.blocks))
        self.norm_out = nn.LayerNorm(config.channels)
        self.leave = nn.Linear(config.channels, 4 * config.bins)
        bands = mel_to_bins(config.sample_rate, config.fft_size, config.num_mels, config.mel_fmin, config.mel_fmax)
        self.register_buffer("interpolation", bands, persistent=False)

    @property
    def margin(self) -> int:
        """Frames to each side of one that its spectrum depends on."""
        return (len(self.blocks) + 1) * (KERNEL // 2)

    def forward(self, mel: Tensor, pitch: Tensor, voicing: Tensor, mask: Tensor) -> Tensor:
        """(B, n_mels, T), log2(F0 / 100 Hz) and voicing 0 or 1 (B, T), mask (B, 1, T) -> (B, 4, bins, T).

        The four: log magnitude and phase of the filter of the harmonics, log magnitude and phase of the free part.
        Frames whose mask is 0 have no influence on the others: a padded utterance gives what it gives alone.
        """
        hidden = self.enter(torch.cat([standardize(mel), pitch[:, None], voicing[:, None]], 1) * mask)
        hidden = self.norm_in(hidden.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden, mask)
        tone, tone_phase, free, free_phase = (
            self.leave(self.norm_out(hidden.transpose(1, 2))).transpose(1, 2).chunk(4, 1)
        )
        envelope = torch.einsum("kc,bct->bkt", self.interpolation, mel) + OFFSET
        return torch.stack([envelope + 1.5 * tone, tone_phase, envelope + 1.5 * free, 2 * free_phase], 1)


class VocosSourceGenerator(nn.Module):
    """Mel spectrogram -> samples."""

    window: Tensor

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.config = VocosConfig.from_dict(config)
        self.pitch = PitchNetwork(self.config.num_mels, self.config.pitch_channels)
        self.spectrum = SpectrumNetwork(self.config)
        self.register_buffer("window", torch.hann_window(self.config.fft_size), persistent=False)

    def read_pitch(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """(B, n_mels, T) -> log2(F0 / 100 Hz) and voicing, 0 or 1, (B, T) each."""
        pitch, voicing_logit = self.pitch(mel)
        return pitch, (voicing_logit > 0).float()

    def excite(self, pitch: Tensor, voicing: Tensor) -> Tensor:
        """The pulses of a whole utterance, (B, T) each -> (B, T * hop + fft_size), reflected at both ends.

        Their phase runs through the utterance, so they are made before it is cut into chunks.
        """
        top_hz = TOP_SHARE * self.config.sample_rate / 2
        pulses = pulse_train(pitch, self.config.hop_length, self.config.sample_rate, top_hz)
        pulses = pulses * (to_samples(voicing, self.config.hop_length) > 0.5)
        half = self.config.fft_size // 2
        return F.pad(pulses[:, None], (half, half), "reflect")[:, 0]

    def render(self, parts: Tensor, pulses: Tensor) -> Tensor:
        """Spectra of some frames: `SpectrumNetwork`'s (B, 4, bins, T) on the pulses under their windows.

        `pulses` are (B, (T - 1) * hop + fft_size), a frame beginning at each hop; returns complex (B, bins, T).
        """
        size, hop = self.config.fft_size, self.config.hop_length
        tone, tone_phase, free, free_phase = parts.unbind(1)
        # Divided by half the window's sum every harmonic has the magnitude one, and takes that of the filter.
        harmonics = torch.stft(pulses, size, hop, size, self.window, center=False, return_complex=True) / (size / 4)
        spectrum = harmonics * torch.polar(tone.clamp(max=LOUDEST).exp(), tone_phase)
        return spectrum + torch.polar(free.clamp(max=LOUDEST).exp(), free_phase)

    def receptive_span(self, start: int, end: int) -> tuple[int, int]:
        """The frames whose windows touch the samples of the frames `start` to `end`; some may lie outside."""
        half = self.config.fft_size // (2 * self.config.hop_length)
        return start - half + 1, end + half

    def invert(self, spectrum: Tensor, start: int, end: int, frames: int) -> Tensor:
        """Inverse STFT of one chunk: spectra of the frames of `receptive_span` -> samples (B, (end - start) * hop).

        Spectra outside the utterance's `frames` must be zero. As in `torch.istft`, the sum is divided by that of the
        squared windows, to which one frame behind the last still counts.
        """
        size, hop = self.config.fft_size, self.config.hop_length
        first, last = self.receptive_span(start, end)
        there = ((torch.arange(first, last) >= 0) & (torch.arange(first, last) <= frames)).float()
        windowed = torch.fft.irfft(spectrum, n=size, dim=1) * self.window[:, None]
        weights = (self.window**2)[None, :, None] * there
        kept = slice(size - hop, size - hop + (end - start) * hop)
        return overlap_add(windowed, hop)[:, kept] / overlap_add(weights, hop)[:, kept]

    def forward(self, mel: Tensor) -> Tensor:
        """A whole utterance at once, (B, n_mels, T) -> (B, T * hop): the reference that chunks must equal."""
        frames, hop = mel.shape[2], self.config.hop_length
        pitch, voicing = self.read_pitch(mel)
        parts = self.spectrum(mel, pitch, voicing, torch.ones_like(mel[:, :1]))
        pulses = self.excite(pitch, voicing)[:, : (frames - 1) * hop + self.config.fft_size]
        first, last = self.receptive_span(0, frames)
        return self.invert(F.pad(self.render(parts, pulses), (-first, last - frames)), 0, frames, frames)


def overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    """Sum frames (B, size, T), each a hop behind the one before, to samples (B, (T - 1) * hop + size)."""
    length = (frames.shape[2] - 1) * hop_length + frames.shape[1]
    return F.fold(frames, (1, length), (1, frames.shape[1]), stride=(1, hop_length))[:, 0, 0]
