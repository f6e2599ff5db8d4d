"""Samples -> log-mel spectrogram, framed as the embedded voice is: a frame in the middle of each hop's first sample."""

from __future__ import annotations

import librosa
import torch
from torch import Tensor

from app.speech.vocos import VocosConfig

FLOOR = 1e-5
"""Smallest magnitude whose logarithm is taken."""


def mel_spectrogram(samples: Tensor, config: VocosConfig) -> Tensor:
    """(T * hop,) -> (n_mels, T): Hann window, magnitudes, Slaney bands, natural logarithm."""
    size, hop = config.fft_size, config.hop_length
    window = torch.hann_window(size)
    spectrum = torch.stft(samples, size, hop, size, window, center=True, return_complex=True)[..., :-1]
    bands = librosa.filters.mel(
        sr=config.sample_rate, n_fft=size, n_mels=config.num_mels, fmin=config.mel_fmin, fmax=config.mel_fmax
    )
    return torch.log((torch.from_numpy(bands) @ spectrum.abs()).clamp(min=FLOOR))
