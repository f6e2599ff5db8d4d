"""How much speech an answer holds."""

from __future__ import annotations

import io

import numpy as np
import soundfile

FRAME_SECONDS = 0.005
SILENCE_DB = -50.0
"""Under the loudest frame; what is quieter at the ends is no speech, and making it is no merit."""


def trimmed_seconds(wav: bytes) -> float:
    """Seconds from the first to the last frame that is no silence; 0 where all is silent."""
    samples, sample_rate = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    frame = int(FRAME_SECONDS * sample_rate)
    whole = samples[: len(samples) // frame * frame, 0].reshape(-1, frame)
    power = np.square(whole).mean(axis=1)
    if not power.any():
        return 0.0
    heard = np.flatnonzero(power > power.max() * 10 ** (SILENCE_DB / 10))
    return (int(heard[-1] - heard[0]) + 1) * frame / float(sample_rate)
