"""Limit true peaks with look-ahead, without distortion: gain falls before a peak and rises after it, smoothly."""

from __future__ import annotations

import numpy as np
import soxr
from scipy.ndimage import convolve1d, minimum_filter1d
from scipy.signal.windows import hann

from app.audio.loudness import OVERSAMPLING
from app.audio.writers import SOXR_QUALITY
from app.types import Samples

LOOK_AHEAD_SECONDS = 0.005
_BLOCK_SECONDS = 1.0
_MARGIN_SECONDS = 0.1
"""Samples on both sides of a block with which its gain is computed: more than resampling and look-ahead reach."""


class Limiter:
    """Limiter whose output never exceeds a true peak; the division into pieces does not change a bit of it.

    Output is delayed by about a second; after `end` it has as many samples as the input.
    """

    def __init__(self, rate: int, ceiling: float, gain: float = 1.0) -> None:
        """`ceiling` is a magnitude, `gain` a factor applied before it."""
        self._ceiling, self._gain, self._rate = np.float32(ceiling), np.float32(gain), rate
        self._block = round(_BLOCK_SECONDS * rate)
        self._margin = round(_MARGIN_SECONDS * rate)
        self._reach = max(1, round(LOOK_AHEAD_SECONDS * rate))
        window = hann(2 * self._reach + 1)
        self._smoothing = window / window.sum()
        self._held = np.zeros(self._margin, np.float32)
        """Samples of the margin before the next block, and everything that waits."""
        self._waiting = 0
        """Number of samples after the margin that were not returned."""

    def push(self, samples: Samples) -> Samples:
        """Take the next samples, (samples,); return those that are final."""
        self._held = np.concatenate([self._held, samples * self._gain])
        self._waiting += len(samples)
        parts = []
        while self._waiting >= self._block + self._margin:
            parts.append(self._limit_block(self._block))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def end(self) -> Samples:
        """Return the remaining samples; call this once."""
        self._held = np.concatenate([self._held, np.zeros(self._margin, np.float32)])
        parts = [np.zeros(0, np.float32)]
        while self._waiting:
            parts.append(self._limit_block(min(self._block, self._waiting)))
        return np.concatenate(parts)

    def _limit_block(self, count: int) -> Samples:
        around = self._held[: count + 2 * self._margin]
        block = around[self._margin : self._margin + count]
        self._held = self._held[count:]
        self._waiting -= count
        if np.abs(around).max(initial=0.0) * 2 < self._ceiling:  # no peak between samples is so much higher
            return block
        fine = soxr.resample(around, self._rate, OVERSAMPLING * self._rate, SOXR_QUALITY)
        size = OVERSAMPLING * len(around)
        padded = np.zeros(size, np.float32)
        padded[: min(len(fine), size)] = np.abs(fine[:size])
        peaks = np.maximum(padded.reshape(-1, OVERSAMPLING).max(axis=1), np.abs(around))
        needed = np.minimum(1.0, self._ceiling / np.maximum(peaks, 1e-9))
        # Each sample's gain is at most what any peak within reach of the smoothing needs.
        lowest = minimum_filter1d(needed, 2 * self._reach + 1, mode="nearest")
        smooth = convolve1d(lowest, self._smoothing, mode="nearest")
        limited: Samples = (block * smooth[self._margin : self._margin + count]).astype(np.float32)
        return limited
