"""Durations, and the noise of durations and latents, which all models that predict durations treat alike."""

from __future__ import annotations

import numpy as np

from app.inference import AnyArray, Array
from app.synthesis.noise import GROUP, draw_noise

MAX_TOKEN_SECONDS = 1.5
"""Maximum duration of a phoneme, mark or blank; a longer one is a fault of the model."""
FRAME_NOISE = 0x5EED
"""What makes the seed of the frames' noise different from that of the durations."""


def limit_durations(predicted: Array, longest: int, shortest: int = 0) -> tuple[AnyArray, bool]:
    """Return the frames of each token (N,), at least one in all, and whether one was above the maximum."""
    durations = np.nan_to_num(predicted, nan=longest + 1).clip(shortest, longest).astype(np.int64)
    durations[-1] += not durations.any()
    return durations, not bool((predicted <= longest).all())


def draw_duration_noise(seed: int, count: int) -> Array:
    """Return the noise of a stochastic predictor of durations, (1, 2, count)."""
    return np.ascontiguousarray(draw_noise(seed, 1, 2, max(count, GROUP))[..., :count])


def sample_latents(mean: Array, log_scale: Array, seed: int, scale: float) -> Array:
    """Draw latents of a normal distribution for each frame, (C, T); `scale` is a factor on the deviation."""
    with np.errstate(over="ignore", invalid="ignore"):
        latents: Array = mean + np.exp(log_scale) * draw_noise(seed, *mean.shape) * np.float32(scale)
    return latents
