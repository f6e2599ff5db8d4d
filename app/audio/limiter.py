"""Limit true peaks with look-ahead, without distortion: gain falls before a peak and rises after it, smoothly."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import convolve1d, minimum_filter1d
from scipy.signal.windows import hann

from app.audio.loudness import OVERSAMPLING
from app.audio.writers import SOXR_QUALITY
from app.types import Samples

LOOK_AHEAD_SECONDS = 0.005
_BLOCK_SECONDS = 1.0
_MARGIN_SECONDS = 0.1
"""Samples on both sides of a block with which its gain is computed: more than interpolation and look-ahead reach."""
_TAPS = 84
"""Samples on each side from which the sound between samples is interpolated; soxr's others have weights below 1e-5."""


def _make_interpolator() -> Samples:
    """Return the weights of a sample and those around it for each of the places from it to the next.

    The shape is (2 * _TAPS + 1, OVERSAMPLING); the weights are soxr's, from its response to an impulse.
    """
    impulse = np.zeros(4 * _TAPS + 1, np.float32)
    impulse[2 * _TAPS] = 1
    response = soxr.resample(impulse, 1, OVERSAMPLING, SOXR_QUALITY).reshape(-1, OVERSAMPLING)
    weights: Samples = response[_TAPS : 3 * _TAPS + 1][::-1].copy()
    return weights


_INTERPOLATOR = _make_interpolator()


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
        peaks = _measure_peaks(around, self._ceiling)
        over = np.flatnonzero(peaks > self._ceiling)
        if not len(over):
            return block
        # Each sample's gain is at most what any peak within reach of the smoothing needs; it is 1 out of their reach.
        start, end = max(0, over[0] - 2 * self._reach), over[-1] + 2 * self._reach + 1
        needed = np.minimum(1.0, self._ceiling / np.maximum(peaks[start:end], self._ceiling))
        lowest = minimum_filter1d(needed, 2 * self._reach + 1, mode="nearest")
        gain = np.ones(len(around))
        gain[start:end] = convolve1d(lowest, self._smoothing, mode="nearest")
        limited: Samples = (block * gain[self._margin : self._margin + count]).astype(np.float32)
        return limited


def _measure_peaks(samples: Samples, ceiling: np.float32) -> Samples:
    """Return the magnitude of each sample, (samples,), or of the sound between it and the next if that is larger.

    Only what is next to a sample above half of the ceiling is measured: no peak between samples is twice as high.
    """
    peaks: Samples = np.abs(samples)
    loud = peaks * 2 > ceiling
    starts = np.flatnonzero((loud[:-1] | loud[1:])[_TAPS:-_TAPS])
    if len(starts):
        around = sliding_window_view(samples, 2 * _TAPS + 1)[starts]
        between = np.abs(around @ _INTERPOLATOR).max(axis=1)
        peaks[starts + _TAPS] = np.maximum(peaks[starts + _TAPS], between)
    return peaks
