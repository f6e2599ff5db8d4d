"""A band-limited pulse train of a pitch track: what a voice's harmonics start from."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

PITCH_BASE_HZ = 100.0
SMALLEST_SINE = 1e-5


def pulse_train(pitch: Tensor, hop_length: int, sample_rate: int, top_hz: float) -> Tensor:
    """Sum of all harmonics up to `top_hz`, each of amplitude one (Dirichlet kernel).

    `pitch` is log2(F0 / 100 Hz), (B, T); the samples are (B, T * hop_length).
    """
    frequency = PITCH_BASE_HZ * 2 ** to_samples(pitch, hop_length)
    # The sum needs double precision. Its distance from the nearest pulse does not: it is small where that matters.
    phase = torch.cumsum(frequency.double() / sample_rate, 1)
    angle = math.pi * (phase - phase.round()).float()
    harmonics = torch.floor(top_hz / frequency)
    sine = torch.sin(angle)
    at_pulse = sine.abs() < SMALLEST_SINE
    divisor = torch.where(at_pulse, torch.ones_like(sine), sine)
    between = 0.5 * (torch.sin((2 * harmonics + 1) * angle) / divisor - 1)
    return torch.where(at_pulse, harmonics, between)


def to_samples(track: Tensor, hop_length: int) -> Tensor:
    """One value a frame -> one a sample: (B, T) -> (B, T * hop_length)."""
    return F.interpolate(track[:, None], size=track.shape[1] * hop_length, mode="linear")[:, 0]
