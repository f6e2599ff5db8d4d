"""Compute the losses of vocoders: spectral distances, and small discriminators with 0.77 M parameters in all.

Five discriminators look at samples folded by a period, as in HiFi-GAN (arXiv 2010.05646); three look at spectrograms
of different resolutions, as in UnivNet (arXiv 2106.07889). The adversarial losses are least squares (arXiv 1611.04076)
and the distance of the layers' outputs, "feature matching" (arXiv 1910.06711).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import librosa
import torch
from torch import Tensor, nn
from torch.linalg import vector_norm
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

MEL_FFT_SIZE = 1024
"""Samples per window."""
STFT_SIZES = (512, 1024, 2048, 4096)
MIN_MAGNITUDE = 1e-5
"""Magnitudes below this are raised to it before the logarithm."""


class SpectralDistances(nn.Module):
    """Mel and STFT distances; the mel bands reach up to half the sample rate, as in HiFi-GAN (arXiv 2010.05646)."""

    bands: Tensor

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        bands = librosa.filters.mel(sr=sample_rate, n_fft=MEL_FFT_SIZE, n_mels=80)
        self.register_buffer("bands", torch.from_numpy(bands), persistent=False)

    def forward(self, generated: Tensor, recorded: Tensor) -> dict[str, Tensor]:
        """Return the distances `mel` and `stft` between two (B, samples)."""
        return {
            "mel": F.l1_loss(self.log_mel(generated), self.log_mel(recorded)),
            "stft": torch.stack([compute_stft_distance(generated, recorded, size) for size in STFT_SIZES]).mean(),
        }

    def log_mel(self, samples: Tensor) -> Tensor:
        """Return the log-mel spectrogram (B, n_mels, T) of (B, samples)."""
        return (self.bands @ compute_stft_magnitudes(samples, MEL_FFT_SIZE)).clamp(min=MIN_MAGNITUDE).log()


def compute_stft_distance(generated: Tensor, recorded: Tensor, size: int) -> Tensor:
    """Return spectral convergence plus the distance of log magnitudes at one resolution (arXiv 1910.11480)."""
    false, real = compute_stft_magnitudes(generated, size), compute_stft_magnitudes(recorded, size)
    convergence: Tensor = vector_norm(false - real) / vector_norm(real)
    return convergence + F.l1_loss(false.log(), real.log())


def compute_stft_magnitudes(samples: Tensor, size: int) -> Tensor:
    """Return STFT magnitudes (B, bins, T) of (B, samples): Hann window of `size` samples, a hop of a quarter window."""
    window = torch.hann_window(size, device=samples.device)
    return torch.stft(samples, size, size // 4, size, window, return_complex=True).abs().clamp(min=MIN_MAGNITUDE)


PERIODS = (2, 3, 5, 7, 11)
RESOLUTIONS = (512, 1024, 2048)
"""Samples per window."""
PERIODS_PER_STEP, RESOLUTIONS_PER_STEP = 2, 1
"""Number of discriminators used in one step: a third of the work, and over many steps the same effect."""
LEAKY_SLOPE = 0.1

DiscriminatorOutput = tuple[Tensor, list[Tensor]]
"""Scores, near 1 for samples taken for a recording, and the outputs of all layers before the last."""


class Discriminator(nn.Module):
    """Two-dimensional convolutions over folded samples or a spectrogram."""

    def __init__(self, layers: Sequence[nn.Conv2d], last: nn.Conv2d) -> None:
        super().__init__()
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.last = weight_norm(last)

    def judge(self, picture: Tensor) -> DiscriminatorOutput:
        """Return scores (B, 1, height', width') and the layers' outputs for (B, 1, height, width)."""
        hidden, features = picture, []
        for layer in self.layers:
            hidden = F.leaky_relu(layer(hidden), LEAKY_SLOPE)
            features.append(hidden)
        return self.last(hidden), features


class PeriodDiscriminator(Discriminator):
    """Discriminator of samples in rows of one period, which compares samples one period apart."""

    def __init__(self, period: int) -> None:
        channels = (1, 16, 64, 128, 128)
        layers = [nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0)) for a, b in pairwise(channels)]
        super().__init__(layers, nn.Conv2d(channels[-1], 1, (3, 1), padding=(1, 0)))
        self.period = period

    def forward(self, samples: Tensor) -> DiscriminatorOutput:
        """Judge (B, samples) after folding them to (B, 1, samples / period, period)."""
        whole = F.pad(samples[:, None], (0, -samples.shape[1] % self.period), mode="reflect")
        return self.judge(whole.view(len(samples), 1, -1, self.period))


class ResolutionDiscriminator(Discriminator):
    """Discriminator of a log-magnitude spectrogram."""

    def __init__(self, size: int) -> None:
        layers = [
            nn.Conv2d(1, 12, (7, 3), (2, 1), (3, 1)),
            nn.Conv2d(12, 24, (7, 3), (2, 2), (3, 1)),
            nn.Conv2d(24, 32, (5, 3), (2, 1), (2, 1)),
            nn.Conv2d(32, 48, (5, 3), (2, 1), (2, 1)),
        ]
        super().__init__(layers, nn.Conv2d(48, 1, (3, 3), padding=1))
        self.size = size

    def forward(self, samples: Tensor) -> DiscriminatorOutput:
        """Judge (B, samples) by their spectrogram (B, 1, bins, T)."""
        return self.judge(compute_stft_magnitudes(samples, self.size).log()[:, None])


class Discriminators(nn.Module):
    """All eight discriminators."""

    def __init__(self) -> None:
        super().__init__()
        self.periods = nn.ModuleList(PeriodDiscriminator(period) for period in PERIODS)
        self.resolutions = nn.ModuleList(ResolutionDiscriminator(size) for size in RESOLUTIONS)

    def draw(self, chance: random.Random) -> list[nn.Module]:
        """Draw the discriminators of one step."""
        periods = chance.sample(list(self.periods), PERIODS_PER_STEP)
        return periods + chance.sample(list(self.resolutions), RESOLUTIONS_PER_STEP)


def compute_discriminator_loss(
    recorded: Sequence[DiscriminatorOutput], generated: Sequence[DiscriminatorOutput]
) -> Tensor:
    """Return the mean loss of discriminators, with target 1 for recordings and 0 for generated samples."""
    pairs = zip(recorded, generated, strict=True)
    return mean([((1 - real) ** 2).mean() + (false**2).mean() for (real, _), (false, _) in pairs])


def compute_generator_loss(generated: Sequence[DiscriminatorOutput]) -> Tensor:
    """Return the generator's adversarial loss, with target score 1; mean over discriminators."""
    return mean([((1 - score) ** 2).mean() for score, _ in generated])


def compute_feature_matching_loss(
    recorded: Sequence[DiscriminatorOutput], generated: Sequence[DiscriminatorOutput]
) -> Tensor:
    """Return the feature-matching loss: L1 distances of layer outputs, sum over layers, mean over discriminators."""
    pairs = zip(recorded, generated, strict=True)
    return mean(
        [
            torch.stack([F.l1_loss(false, real.detach()) for real, false in zip(reals, falses, strict=True)]).sum()
            for (_, reals), (_, falses) in pairs
        ]
    )


def compute_pitch_loss(predicted: tuple[Tensor, Tensor], pitch: Tensor, voicing: Tensor, recorded: Tensor) -> Tensor:
    """Return the loss of a predicted pitch and voicing (B, T), only where the mel spectrogram is a recording's (B,)."""
    found, logits = predicted
    recorded = recorded[:, None].expand_as(logits)
    voiced = recorded * voicing
    distance = ((found - pitch).abs() * voiced).sum() / voiced.sum().clamp(min=1)
    wrong = F.binary_cross_entropy_with_logits(logits, voicing, recorded, reduction="sum")
    return wrong / recorded.sum().clamp(min=1) + 4 * distance


def mean(losses: Sequence[Tensor]) -> Tensor:
    """Return the mean of some scalars."""
    return torch.stack(list(losses)).mean()
