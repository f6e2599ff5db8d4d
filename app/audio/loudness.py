"""Measure loudness, level and peaks of audio of any length, piece by piece.

Loudness is that of ITU-R BS.1770-5 and EBU R 128: K-weighted, in blocks of 400 ms, gated absolutely and relatively.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.signal import sosfilt

from app.types import Samples

SILENCE = -120.0
"""Level in decibels that stands for no sound at all."""
_HOP_SECONDS = 0.1
_HOPS_PER_BLOCK = 4
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_OFFSET = -0.691
"""Constant of BS.1770, with which a tone of 997 Hz at 0 dBFS in one channel has -3.01 LUFS."""
FLOOR_SECONDS = 0.5
"""Length of the quietest part, by which the noise floor is measured."""
OVERSAMPLING = 4
"""Factor of the sample rate at which true peaks are measured."""


def to_decibels(power: float) -> float:
    """Return a power in decibels, at least SILENCE."""
    return max(10 * math.log10(power), SILENCE) if power > 0 else SILENCE


def make_weighting(rate: int) -> npt.NDArray[np.float64]:
    """Return the K-weighting filter at a sample rate (Hertz) as second-order sections: a shelf and a high-pass.

    The analog parameters are those from which the coefficients of BS.1770 at 48 kHz follow by the bilinear transform.
    """
    gain, quality, frequency = 10 ** (3.999843853973347 / 20), 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * frequency / rate)
    middle, norm = gain**0.4996667741545416, 1 + k / quality + k * k
    shelf = [
        (gain + middle * k / quality + k * k) / norm,
        2 * (k * k - gain) / norm,
        (gain - middle * k / quality + k * k) / norm,
        1.0,
        2 * (k * k - 1) / norm,
        (1 - k / quality + k * k) / norm,
    ]
    quality, frequency = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * frequency / rate)
    norm = 1 + k / quality + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]
    return np.array([shelf, high_pass])


class LevelMeter:
    """Meter of one channel; `push` samples, then read the properties."""

    def __init__(self, rate: int) -> None:
        """`rate` is in Hertz."""
        self._filter = make_weighting(rate)
        self._state = np.zeros((2, 2))
        self._hop = round(_HOP_SECONDS * rate)
        self._weighted_rest: npt.NDArray[np.floating] = np.zeros(0)
        self._rest: npt.NDArray[np.floating] = np.zeros(0, np.float32)
        self._weighted: list[float] = []
        """Mean square of each hop, K-weighted."""
        self._plain: list[float] = []
        """Mean square of each hop."""
        self._square_sum = 0.0
        self._count = 0
        self._peak = 0.0

    def push(self, samples: Samples) -> None:
        """Measure the next samples, (samples,)."""
        if not len(samples):
            return
        weighted, self._state = sosfilt(self._filter, samples.astype(np.float64), zi=self._state)
        self._weighted_rest = self._add_hops(np.concatenate([self._weighted_rest, weighted]), self._weighted)
        self._rest = self._add_hops(np.concatenate([self._rest, samples]), self._plain)
        self._square_sum += float(np.sum(np.square(samples, dtype=np.float64)))
        self._count += len(samples)
        self._peak = max(self._peak, float(np.abs(samples).max()))

    def _add_hops(self, samples: npt.NDArray[np.floating], hops: list[float]) -> npt.NDArray[np.floating]:
        count = len(samples) // self._hop
        whole = samples[: count * self._hop].astype(np.float64).reshape(count, self._hop)
        hops.extend(np.mean(whole * whole, axis=1).tolist())
        return samples[count * self._hop :]

    @property
    def loudness(self) -> float:
        """Integrated loudness in LUFS."""
        hops = np.array(self._weighted)
        if len(hops) < _HOPS_PER_BLOCK:
            return _OFFSET + to_decibels(float(hops.mean()) if len(hops) else 0.0)
        blocks = np.convolve(hops, np.full(_HOPS_PER_BLOCK, 1 / _HOPS_PER_BLOCK), "valid")
        loud = blocks[blocks > 10 ** ((_ABSOLUTE_GATE - _OFFSET) / 10)]
        if not len(loud):
            return SILENCE
        gate = loud.mean() * 10 ** (_RELATIVE_GATE / 10)
        return _OFFSET + to_decibels(float(loud[loud > gate].mean()))

    @property
    def rms(self) -> float:
        """Level of everything in dBFS, silence included."""
        return to_decibels(self._square_sum / self._count if self._count else 0.0)

    @property
    def peak(self) -> float:
        """Largest magnitude of a sample in dBFS."""
        return to_decibels(self._peak**2)

    @property
    def floor(self) -> float:
        """Level of the quietest half second in dBFS."""
        hops, length = np.array(self._plain), round(FLOOR_SECONDS / _HOP_SECONDS)
        if len(hops) < length:
            return self.rms
        return to_decibels(float(np.convolve(hops, np.full(length, 1 / length), "valid").min()))

    @property
    def seconds(self) -> float:
        """Seconds of audio, to a tenth."""
        return len(self._plain) * _HOP_SECONDS

    def measure_quiet_ends(self, threshold: float) -> tuple[float, float]:
        """Return the seconds at the beginning and at the end that are quieter than a level in dBFS."""
        loud = np.flatnonzero(np.array(self._plain) > 10 ** (threshold / 10))
        if not len(loud):
            return self.seconds, self.seconds
        return loud[0] * _HOP_SECONDS, (len(self._plain) - 1 - loud[-1]) * _HOP_SECONDS
