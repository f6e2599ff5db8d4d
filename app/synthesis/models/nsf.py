"""HiFi-GAN with a harmonic source: pitch and envelope of a voice are computed, only the rest is learned.

A small network reads the pitch from the mel spectrogram. A pulse train of that pitch, and white noise, are shaped by
the mel's envelope and enter HiFi-GAN's generator at every upsampling stage. HiFi-GAN: arXiv 2010.05646; neural
source-filter models: arXiv 1904.12088; minimum-phase envelopes as in WORLD: doi 10.1587/transinf.2015EDP7457.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.inference import Array
from app.synthesis.coqui import HifiganGenerator
from app.synthesis.mel import compute_mel_centres
from app.synthesis.models.waveform import MIN_SINE, PITCH_BASE_HZ


def make_pulse_train(pitch: Tensor, hop_length: int, sample_rate: int, top_hz: float) -> Tensor:
    """Sum all harmonics up to `top_hz`, each of amplitude one (Dirichlet kernel).

    `pitch` is log2(F0 / 100 Hz), (B, T); the samples are (B, T * hop_length).
    """
    # In double precision, because the phase sums all errors, and `interpolate` errs the more the later a sample is.
    # The distance to the nearest pulse does not need it: near a pulse it is small.
    frequency = PITCH_BASE_HZ * 2 ** to_samples(pitch.double(), hop_length)
    phase = torch.cumsum(frequency / sample_rate, 1)
    angle = math.pi * (phase - phase.round()).float()
    harmonics = torch.floor(top_hz / frequency.float())
    sine = torch.sin(angle)
    at_pulse = sine.abs() < MIN_SINE
    divisor = torch.where(at_pulse, torch.ones_like(sine), sine)
    between = 0.5 * (torch.sin((2 * harmonics + 1) * angle) / divisor - 1)
    return torch.where(at_pulse, harmonics, between)


def to_samples(track: Tensor, hop_length: int) -> Tensor:
    """Interpolate values per frame to values per sample, (B, T) -> (B, T * hop_length)."""
    return F.interpolate(track[:, None], size=track.shape[1] * hop_length, mode="linear")[:, 0]


MEL_MEAN, MEL_SCALE = -5.0, 3.0
LEAKY_SLOPE = 0.1


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Parameters of the excitation in `config.json`."""

    sample_rate: int
    """Hertz."""
    hop_length: int
    """Samples between frames."""
    fft_size: int
    """Samples per window: four hops, so that the windows add up to 2."""
    num_mels: int
    mel_fmin: float
    """Hertz."""
    mel_fmax: float
    """Hertz."""
    lifter: tuple[int, int]
    """Quefrencies in samples: up to the first everything is kept, from the second on nothing."""
    pitch_channels: int

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> SourceConfig:
        """Read the parameters from a `hifigan_source` config."""
        audio, source = config["audio"], config["source"]
        return cls(
            sample_rate=audio["sample_rate"],
            hop_length=audio["hop_length"],
            fft_size=source["fft_size"],
            num_mels=audio["num_mels"],
            mel_fmin=audio["mel_fmin"],
            mel_fmax=audio["mel_fmax"],
            lifter=tuple(source["lifter"]),
            pitch_channels=config["pitch"]["channels"],
        )

    @property
    def padding(self) -> int:
        """Samples reflected at each end, so that frames and hops line up without centering."""
        return (self.fft_size - self.hop_length) // 2


class PitchNetwork(nn.Module):
    """Network that estimates pitch and voicing from a mel spectrogram."""

    def __init__(self, num_mels: int, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv1d(num_mels, channels, 5, padding=2), nn.LeakyReLU(LEAKY_SLOPE)]
        for dilation in (1, 2, 4):
            layers += [
                nn.Conv1d(channels, channels, 5, padding=2 * dilation, dilation=dilation),
                nn.LeakyReLU(LEAKY_SLOPE),
            ]
        self.n = nn.Sequential(*layers, nn.Conv1d(channels, 2, 1))

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, n_mels, T) -> log2(F0 / 100 Hz) and the logit of voicing, (B, T) each."""
        output = self.n(standardize(mel))
        return output[:, 0], output[:, 1]


class Excitation(nn.Module):
    """Pulses and noise with the envelope of a mel spectrogram."""

    interpolation: Tensor
    lifter: Tensor
    window: Tensor

    def __init__(self, config: SourceConfig) -> None:
        super().__init__()
        self.config = config
        bands = interpolate_bands(
            config.sample_rate, config.fft_size, config.num_mels, config.mel_fmin, config.mel_fmax
        )
        self.register_buffer("interpolation", bands, persistent=False)
        self.register_buffer("lifter", make_minimum_phase_lifter(config), persistent=False)
        self.register_buffer("window", torch.hann_window(config.fft_size), persistent=False)
        bins = config.fft_size // 2 + 1
        self.tone = nn.Parameter(torch.zeros(bins))
        self.hiss = nn.Parameter(torch.zeros(bins))
        self.mix = nn.Sequential(
            nn.Conv1d(config.num_mels + 1, 128, 5, padding=2),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv1d(128, 128, 5, padding=4, dilation=2),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.Conv1d(128, 2 * config.num_mels, 1),
        )

    def forward(self, mel: Tensor, pitch: Tensor, voicing: Tensor, noise: Tensor) -> Tensor:
        """Compute the two excitations, the harmonic one first.

        `mel` (B, n_mels, T); `pitch` log2(F0 / 100 Hz) and `voicing` 0..1, (B, T); `noise` standard normal
        (B, T * hop). Returns (B, 2, T * hop).
        """
        rate, hop = self.config.sample_rate, self.config.hop_length
        pulses = make_pulse_train(pitch, hop, rate, rate / 2) * to_samples(voicing, hop)
        gains = self.mix(torch.cat([standardize(mel), voicing[:, None]], 1))
        tone_gain, hiss_gain = gains.chunk(2, 1)
        tone = self.shape(pulses, self.to_bins(mel + tone_gain) + self.tone[:, None])
        hiss = self.shape(noise, self.to_bins(mel + hiss_gain - 2 * voicing[:, None]) + self.hiss[:, None])
        return torch.stack([tone, hiss], 1)

    def to_bins(self, log_mel: Tensor) -> Tensor:
        """Map mel bands to linear frequency bins, (B, n_mels, T) -> (B, bins, T)."""
        return torch.einsum("kc,bct->bkt", self.interpolation, log_mel)

    def shape(self, signal: Tensor, log_envelope: Tensor) -> Tensor:
        """Filter a signal (B, T * hop) by a minimum-phase envelope (B, bins, T) that changes from frame to frame."""
        size, hop, padding = self.config.fft_size, self.config.hop_length, self.config.padding
        cepstrum = torch.fft.irfft(log_envelope.transpose(1, 2), n=size) * self.lifter
        response = torch.exp(torch.fft.rfft(cepstrum)).transpose(1, 2)
        padded = F.pad(signal[:, None], (padding, padding), mode="reflect")[:, 0]
        spectrum = torch.stft(padded, size, hop, size, self.window, center=False, return_complex=True)
        frames = torch.fft.irfft((spectrum * response).transpose(1, 2), n=size).transpose(1, 2)
        length = (frames.shape[2] - 1) * hop + size
        summed = F.fold(frames, (1, length), (1, size), stride=(1, hop))[:, 0, 0]
        return summed[:, padding:-padding] / 2


class HifiganSourceGenerator(HifiganGenerator):  # type: ignore[misc]  # coqui's classes are untyped
    """coqui's HiFi-GAN generator with the two excitations added at every stage and at the output."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        generator = config["generator"]
        super().__init__(in_channels=config["in_channels"], out_channels=config["out_channels"], **generator)
        self.source_config = SourceConfig.from_dict(config)
        self.source = Excitation(self.source_config)
        self.pitch = PitchNetwork(self.source_config.num_mels, self.source_config.pitch_channels)
        self.entry = nn.ModuleList(
            make_entry_layers(generator["upsample_factors"], generator["upsample_initial_channel"])
        )
        self.direct = nn.Conv1d(2, 1, 33, padding=16)

    def read_pitch(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, n_mels, T) -> log2(F0 / 100 Hz) and voicing, 0 or 1, (B, T) each."""
        pitch, voicing_logit = self.pitch(mel)
        return pitch, (voicing_logit > 0).float()

    def excite(self, mel: Tensor, noise: Tensor) -> Tensor:
        """Compute the excitation of a whole utterance: (B, n_mels, T), (B, T * hop) -> (B, 2, T * hop)."""
        return self.source(mel, *self.read_pitch(mel), noise)  # type: ignore[no-any-return]

    def forward(self, mel: Tensor, excitation: Tensor) -> Tensor:
        """Map (B, n_mels, T), (B, 2, T * hop) -> samples (B, 1, T * hop) within -1..1."""
        hidden = self.conv_pre(mel)
        for stage in range(self.num_upsamples):
            hidden = self.ups[stage](F.leaky_relu(hidden, LEAKY_SLOPE))
            hidden = hidden + self.entry[stage](excitation)[..., : hidden.shape[-1]]
            blocks = self.resblocks[stage * self.num_kernels : (stage + 1) * self.num_kernels]
            hidden = sum(block(hidden) for block in blocks) / self.num_kernels
        # PyTorch's default slope of 0.01: coqui's generator, like the reference one, uses it only here.
        return torch.tanh(self.conv_post(F.leaky_relu(hidden)) + self.direct(excitation))


class PlainSource:
    """Pitch and excitation of a generator from and to arrays, in PyTorch; see `vocoders.HifiganSource`."""

    def __init__(self, generator: HifiganSourceGenerator) -> None:
        self.pitch, self.source = generator.pitch.eval(), generator.source.eval()

    @torch.inference_mode()
    def read_pitch(self, mel: Array) -> tuple[Array, Array]:
        """Map (1, n_mels, T) -> log2(F0 / 100 Hz) and voicing, 0 or 1, (T,) each."""
        pitch, voicing_logit = self.pitch(torch.from_numpy(mel))
        return pitch[0].numpy(), (voicing_logit[0] > 0).float().numpy()

    @torch.inference_mode()
    def excite(self, mel: Array, pitch: Array, voicing: Array, noise: Array) -> Array:
        """Compute the excitation of a whole utterance, (1, 2, T * hop), from noise (T * hop,)."""
        tracks = (torch.from_numpy(track)[None] for track in (pitch, voicing, noise))
        excitation: Array = self.source(torch.from_numpy(mel), *tracks).numpy()
        return excitation


def standardize(mel: Tensor) -> Tensor:
    """Scale log-mel values to about zero mean and unit variance, as in the training of both small networks."""
    return (mel - MEL_MEAN) / MEL_SCALE


def make_entry_layers(upsample_factors: list[int], initial_channels: int) -> list[nn.Conv1d]:
    """Create a layer for each stage that converts the excitation to the rate and channels of that stage."""
    layers = []
    for stage in range(len(upsample_factors)):
        stride = math.prod(upsample_factors[stage + 1 :])
        channels = initial_channels // 2 ** (stage + 1)
        if stride > 1:
            layers.append(nn.Conv1d(2, channels, 2 * stride, stride=stride, padding=stride // 2))
        else:
            layers.append(nn.Conv1d(2, channels, 7, padding=3))
    return layers


def interpolate_bands(sample_rate: int, fft_size: int, num_mels: int, fmin: float, fmax: float) -> Tensor:
    """Return weights (bins, n_mels) that interpolate linearly, on the hertz scale, between the centers of mel bands."""
    centres = compute_mel_centres(num_mels, fmin, fmax)
    bins = np.linspace(0, sample_rate / 2, fft_size // 2 + 1)
    upper = np.clip(np.searchsorted(centres, bins), 1, num_mels - 1)
    share = np.clip((bins - centres[upper - 1]) / (centres[upper] - centres[upper - 1]), 0, 1)
    weights = np.zeros((len(bins), num_mels), np.float32)
    weights[np.arange(len(bins)), upper - 1] = 1 - share
    weights[np.arange(len(bins)), upper] = share
    return torch.from_numpy(weights)


def make_minimum_phase_lifter(config: SourceConfig) -> Tensor:
    """Return cepstral weights that fold to minimum phase and cut off between the formants and the pitch period."""
    keep, end = config.lifter
    lifter = np.zeros(config.fft_size, np.float32)
    quefrency = np.arange(1, end)
    taper = 0.5 + 0.5 * np.cos(np.pi * (quefrency - keep) / (end - keep))
    lifter[0] = 1
    lifter[1:end] = 2 * np.where(quefrency < keep, 1, taper)
    return torch.from_numpy(lifter)
