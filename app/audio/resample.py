"""Samples at one rate -> samples at another, piece by piece."""

from __future__ import annotations

import numpy as np
import soxr

from app.audio.samples import Samples

QUALITY = "HQ"
"""Of soxr: what it adds lies below the noise of 16 bits."""


class Resampler:
    """Resamples one stream with soxr; equal rates (Hertz) pass through untouched.

    However the stream is cut, it gives the samples that it would give at once, to the bit; there are `to_rate /
    from_rate` times as many. Some 40 ms are held back until what follows is there. A sound near full scale can leave
    -1..1 a little: filters ring.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        same = from_rate == to_rate
        self._soxr = None if same else soxr.ResampleStream(from_rate, to_rate, 1, "float32", QUALITY)

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that can be told now, perhaps none."""
        return samples if self._soxr is None else self._resampled(self._soxr, samples, last=False)

    def end(self) -> Samples:
        """Give what is left, once."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._soxr is None else self._resampled(self._soxr, nothing, last=True)

    @staticmethod
    def _resampled(stream: soxr.ResampleStream, samples: Samples, last: bool) -> Samples:
        resampled: Samples = stream.resample_chunk(samples, last=last)
        return resampled
