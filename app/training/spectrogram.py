"""Samples -> log-mel spectrogram, in either of the two ways of framing that vocoders use."""

from __future__ import annotations

from typing import Protocol

import librosa
import torch
from torch import Tensor
from torch.nn import functional as F

FLOOR = 1e-5
"""Smallest magnitude whose logarithm is taken."""


class MelConfig(Protocol):
    """What a mel spectrogram is: frequencies in hertz, lengths in samples."""

    @property
    def sample_rate(self) -> int: ...
    @property
    def fft_size(self) -> int: ...
    @property
    def hop_length(self) -> int: ...
    @property
    def num_mels(self) -> int: ...
    @property
    def mel_fmin(self) -> float: ...
    @property
    def mel_fmax(self) -> float | None: ...


def mel_spectrogram(samples: Tensor, config: MelConfig, *, center: bool = True) -> Tensor:
    """(samples,) -> (n_mels, samples // hop): Hann window, magnitudes, Slaney bands, natural logarithm.

    With `center` the middle of frame n is sample n * hop, as the embedded voice has it; without, the window of frame n
    ends (fft_size + hop) / 2 samples behind it, as HiFi-GAN has it.
    """
    size, hop = config.fft_size, config.hop_length
    margin = size // 2 if center else (size - hop) // 2
    padded = F.pad(samples[None, None], (margin, margin), mode="reflect")[0, 0]
    spectrum = torch.stft(padded, size, hop, size, torch.hann_window(size), center=False, return_complex=True)
    bands = librosa.filters.mel(
        sr=config.sample_rate, n_fft=size, n_mels=config.num_mels, fmin=config.mel_fmin, fmax=config.mel_fmax
    )
    frames = spectrum.abs()[:, : len(samples) // hop]
    return torch.log((torch.from_numpy(bands) @ frames).clamp(min=FLOOR))
