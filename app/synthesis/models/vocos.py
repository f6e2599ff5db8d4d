"""Vocos with a harmonic source: a small network predicts the whole spectrum of each frame from the mel spectrogram.

Each spectrum has two parts. The harmonic part is a filtered pulse train of the pitch; the free part has a phase of its
own and carries breath, noise and onsets. Their sum goes through one inverse STFT. The network costs a fraction of a
HiFi-GAN, because all of it works at the frame rate. Vocos: arXiv 2306.00814; neural source-filter models: arXiv
1904.12088; ConvNeXt: arXiv 2201.03545.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.synthesis.models.nsf import PitchNetwork, interpolate_bands, make_pulse_train, standardize, to_samples
from app.synthesis.models.waveform import HARMONIC_BAND_SHARE, KERNEL, MAX_LOG_MAGNITUDE, VocosConfig

EXPANSION = 3
"""Ratio of the channels inside a block to those outside."""
INITIAL_LEVEL = -2.5
"""Initial level of both log magnitudes relative to the mel spectrogram's envelope; natural logarithm."""


class ConvNextBlock(nn.Module):
    """One-dimensional ConvNeXt block, (B, channels, T) -> (B, channels, T)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(channels, channels, KERNEL, padding=KERNEL // 2, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, EXPANSION * channels)
        self.narrow = nn.Linear(EXPANSION * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Add the block's residual; `mask` (B, 1, T) is 0 in the padding of a shorter utterance."""
        inner = self.norm(self.depthwise(hidden * mask).transpose(1, 2))
        added: Tensor = (self.scale * self.narrow(F.gelu(self.widen(inner)))).transpose(1, 2)
        return hidden + added


class SpectrumNetwork(nn.Module):
    """Network that predicts both parts of each frame's spectrum from mel spectrogram, pitch and voicing."""

    interpolation: Tensor

    def __init__(self, config: VocosConfig) -> None:
        super().__init__()
        self.enter = nn.Conv1d(config.num_mels + 2, config.channels, KERNEL, padding=KERNEL // 2)
        self.norm_in = nn.LayerNorm(config.channels)
        self.blocks = nn.ModuleList(ConvNextBlock(config.channels) for _ in range(config.blocks))
        self.norm_out = nn.LayerNorm(config.channels)
        self.leave = nn.Linear(config.channels, 4 * config.bins)
        bands = interpolate_bands(
            config.sample_rate, config.fft_size, config.num_mels, config.mel_fmin, config.mel_fmax
        )
        self.register_buffer("interpolation", bands, persistent=False)

    def forward(self, mel: Tensor, pitch: Tensor, voicing: Tensor, mask: Tensor) -> Tensor:
        """Map (B, n_mels, T), log2(F0 / 100 Hz) and voicing 0 or 1 (B, T), mask (B, 1, T) -> (B, 4, bins, T).

        The four are log magnitude and phase of the harmonics' filter, then log magnitude and phase of the free part.
        Frames whose mask is 0 do not affect the others, so padding does not change an utterance.
        """
        hidden = self.enter(torch.cat([standardize(mel), pitch[:, None], voicing[:, None]], 1) * mask)
        hidden = self.norm_in(hidden.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden, mask)
        tone, tone_phase, free, free_phase = (
            self.leave(self.norm_out(hidden.transpose(1, 2))).transpose(1, 2).chunk(4, 1)
        )
        envelope = torch.einsum("kc,bct->bkt", self.interpolation, mel) + INITIAL_LEVEL
        return torch.stack([envelope + 1.5 * tone, tone_phase, envelope + 1.5 * free, 2 * free_phase], 1)


class VocosSourceGenerator(nn.Module):
    """Vocos with a harmonic source, from mel spectrogram to samples."""

    window: Tensor

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.config = VocosConfig.from_dict(config)
        self.pitch = PitchNetwork(self.config.num_mels, self.config.pitch_channels)
        self.spectrum = SpectrumNetwork(self.config)
        self.register_buffer("window", torch.hann_window(self.config.fft_size), persistent=False)

    def read_pitch(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, n_mels, T) -> log2(F0 / 100 Hz) and voicing, 0 or 1, (B, T) each."""
        pitch, voicing_logit = self.pitch(mel)
        return pitch, (voicing_logit > 0).float()

    def excite(self, pitch: Tensor, voicing: Tensor) -> Tensor:
        """Compute the pulses of a whole utterance, (B, T) each -> (B, T * hop + fft_size), reflected at both ends.

        Their phase is continuous, so they are computed before the utterance is cut into chunks.
        """
        top_hz = HARMONIC_BAND_SHARE * self.config.sample_rate / 2
        pulses = make_pulse_train(pitch, self.config.hop_length, self.config.sample_rate, top_hz)
        pulses = pulses * (to_samples(voicing, self.config.hop_length) > 0.5)
        half = self.config.fft_size // 2
        return F.pad(pulses[:, None], (half, half), "reflect")[:, 0]

    def render(self, parts: Tensor, pulses: Tensor) -> Tensor:
        """Compute spectra by applying `SpectrumNetwork`'s output (B, 4, bins, T) to the windowed pulses.

        `pulses` are (B, (T - 1) * hop + fft_size), with a frame at each hop. Returns complex (B, bins, T).
        """
        size, hop = self.config.fft_size, self.config.hop_length
        tone, tone_phase, free, free_phase = parts.unbind(1)
        # Divided by half the window's sum, every harmonic has magnitude one, so the filter sets its magnitude.
        harmonics = torch.stft(pulses, size, hop, size, self.window, center=False, return_complex=True) / (size / 4)
        spectrum = harmonics * torch.polar(tone.clamp(max=MAX_LOG_MAGNITUDE).exp(), tone_phase)
        return spectrum + torch.polar(free.clamp(max=MAX_LOG_MAGNITUDE).exp(), free_phase)

    def find_receptive_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of frames whose windows touch the frames `start` to `end`; it may exceed the utterance."""
        half = self.config.fft_size // (2 * self.config.hop_length)
        return start - half + 1, end + half

    def invert(self, spectrum: Tensor, start: int, end: int, frames: int) -> Tensor:
        """Compute the inverse STFT of one chunk: spectra of `find_receptive_span` -> samples (B, (end - start) * hop).

        Spectra outside the utterance's `frames` must be zero. As in `torch.istft`, the sum is divided by the sum of the
        squared windows, which includes one frame after the last.
        """
        size, hop = self.config.fft_size, self.config.hop_length
        first, last = self.find_receptive_span(start, end)
        there = ((torch.arange(first, last) >= 0) & (torch.arange(first, last) <= frames)).float()
        windowed = torch.fft.irfft(spectrum, n=size, dim=1) * self.window[:, None]
        weights = (self.window**2)[None, :, None] * there
        kept = slice(size - hop, size - hop + (end - start) * hop)
        return overlap_add(windowed, hop)[:, kept] / overlap_add(weights, hop)[:, kept]

    def forward(self, mel: Tensor) -> Tensor:
        """Vocode a whole utterance, (B, n_mels, T) -> (B, T * hop): the reference that chunks must equal."""
        return self.vocode(mel, *self.read_pitch(mel))

    def vocode(self, mel: Tensor, pitch: Tensor, voicing: Tensor) -> Tensor:
        """Vocode with a given log2(F0 / 100 Hz) and voicing, 0 or 1, (B, T) each."""
        frames, hop = mel.shape[2], self.config.hop_length
        parts = self.spectrum(mel, pitch, voicing, torch.ones_like(mel[:, :1]))
        pulses = self.excite(pitch, voicing)[:, : (frames - 1) * hop + self.config.fft_size]
        first, last = self.find_receptive_span(0, frames)
        return self.invert(F.pad(self.render(parts, pulses), (-first, last - frames)), 0, frames, frames)


def overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    """Sum overlapping frames (B, size, T), one hop apart, to samples (B, (T - 1) * hop + size)."""
    length = (frames.shape[2] - 1) * hop_length + frames.shape[1]
    return F.fold(frames, (1, length), (1, frames.shape[1]), stride=(1, hop_length))[:, 0, 0]


class FrameSpectra(nn.Module):
    """`SpectrumNetwork` whose output is (B, 4, T, bins), the order of the transforms."""

    def __init__(self, network: SpectrumNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor, pitch: Tensor, voicing: Tensor, mask: Tensor) -> Tensor:
        """See `SpectrumNetwork.forward`."""
        parts: Tensor = self.network(mel, pitch, voicing, mask)
        return parts.transpose(2, 3)


class MaskedPitch(nn.Module):
    """`PitchNetwork` on padded utterances: frames whose mask is 0 do not affect the others."""

    def __init__(self, network: PitchNetwork) -> None:
        super().__init__()
        self.layers = network.n

    def forward(self, mel: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, n_mels, T) and mask (B, 1, T) -> log2(F0 / 100 Hz) and the logit of voicing, (B, T) each."""
        hidden = standardize(mel)
        for layer in self.layers:
            hidden = layer(hidden * mask)
        return hidden[:, 0], hidden[:, 1]
