"""How far samples lie from those of a recording, by their spectra: what a vocoder learns first."""

from __future__ import annotations

import librosa
import torch
from torch import Tensor, nn
from torch.linalg import vector_norm
from torch.nn import functional as F

MEL_SIZE = 1024
"""Samples of a window."""
SIZES = (512, 1024, 2048, 4096)
FLOOR = 1e-5
"""Smallest magnitude whose logarithm is taken."""


class SpectralDistances(nn.Module):
    """Two distances; the mel bands of one reach up to half the sample rate, as HiFi-GAN's do (arXiv 2010.05646)."""

    bands: Tensor

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        bands = librosa.filters.mel(sr=sample_rate, n_fft=MEL_SIZE, n_mels=80)
        self.register_buffer("bands", torch.from_numpy(bands), persistent=False)

    def forward(self, made: Tensor, recorded: Tensor) -> dict[str, Tensor]:
        """(B, samples) each -> `mel` and `stft`."""
        return {
            "mel": F.l1_loss(self.log_mel(made), self.log_mel(recorded)),
            "stft": torch.stack([stft_distance(made, recorded, size) for size in SIZES]).mean(),
        }

    def log_mel(self, samples: Tensor) -> Tensor:
        """(B, samples) -> (B, n_mels, T)."""
        return (self.bands @ magnitudes(samples, MEL_SIZE)).clamp(min=FLOOR).log()


def stft_distance(made: Tensor, recorded: Tensor, size: int) -> Tensor:
    """Spectral convergence and the distance of log magnitudes, at one resolution (arXiv 1910.11480)."""
    false, real = magnitudes(made, size), magnitudes(recorded, size)
    convergence: Tensor = vector_norm(false - real) / vector_norm(real)
    return convergence + F.l1_loss(false.log(), real.log())


def magnitudes(samples: Tensor, size: int) -> Tensor:
    """STFT with a Hann window of `size` samples, a quarter of which is the hop: (B, samples) -> (B, bins, T)."""
    window = torch.hann_window(size, device=samples.device)
    return torch.stft(samples, size, size // 4, size, window, return_complex=True).abs().clamp(min=FLOOR)
