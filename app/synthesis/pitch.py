"""Shift the pitch of samples for vocoders without a pitch of their own.

The samples are made slower and played faster, so the spectrum moves with the pitch: a shift of some semitones sounds
like a smaller or a larger speaker. There are none of the echoes of a phase vocoder, and it works on pieces of a stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from app.audio.writers import Resampler
from app.synthesis.expression import SEMITONES_PER_OCTAVE
from app.types import Samples


def compute_pitch_ratio(semitones: float) -> float:
    """Return the ratio of two frequencies that are some semitones apart."""
    return float(2 ** (semitones / SEMITONES_PER_OCTAVE))


def play_faster(chunks: Iterable[Samples], ratio: float, sample_rate: int) -> Iterator[Samples]:
    """Yield samples at `ratio` times the rate and the pitch, of the same sample rate in hertz."""
    if ratio == 1:
        yield from chunks
        return
    resampler = Resampler(ratio * sample_rate, sample_rate)
    for chunk in chunks:
        if len(samples := resampler.push(np.ascontiguousarray(chunk))):
            yield np.clip(samples, -1, 1)
    if len(samples := resampler.end()):
        yield np.clip(samples, -1, 1)
