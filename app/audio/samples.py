"""Samples of sound, and what keeps them in range."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono, (samples,), within -1..1."""

_FULL_SCALE = 32767


def bounded(samples: Samples) -> Samples:
    """What lies outside -1..1 is clipped; what is no number is silence."""
    return np.clip(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit samples, rounded to the nearest; what lies outside -1..1 is clipped, for it would wrap around."""
    return np.rint(bounded(samples) * _FULL_SCALE).astype("<i2")
