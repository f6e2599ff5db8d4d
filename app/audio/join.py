"""Spoken pieces and pauses -> one stream of samples: no clicks, and no level that jumps from piece to piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

FADE_SECONDS = 0.005
FRAME_SECONDS = 0.005
SILENCE_DB = -50.0
"""Level under the piece's loudest frame that counts as silence at its ends."""
KEPT_LEAD_SECONDS = 0.02
KEPT_TAIL_SECONDS = 0.045
KNEE = 0.9
"""Magnitude from which the peak guard bends; below it nothing is touched."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One utterance as the vocoder gave it."""

    samples: Samples
    """Mono, (samples,)."""
    pause_after: float
    """Seconds of silence behind it."""
    gain: float = 1.0
    """Linear; fixed for a checkpoint, so that anger stays louder than sadness."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece ready to be written, with its place in the joined audio."""

    samples: Samples
    """The piece, trimmed, faded, within -1..1, and the pause behind it."""
    start: float
    """Seconds."""
    end: float
    """Seconds, the pause excluded."""
    trimmed_lead: float
    """Seconds that were cut from the beginning of the piece."""


def join(pieces: Iterable[Piece], sample_rate: int) -> Iterator[Placed]:
    """Place pieces one behind the other; their samples, in order, are the audio."""
    position = 0
    for piece in pieces:
        first, last = audible(piece.samples, sample_rate)
        spoken = guard_peaks(fade(piece.samples[first:last], sample_rate) * np.float32(piece.gain))
        pause = np.zeros(round(piece.pause_after * sample_rate), np.float32)
        start, end = position / sample_rate, (position + len(spoken)) / sample_rate
        position += len(spoken) + len(pause)
        yield Placed(np.concatenate([spoken, pause]), start, end, first / sample_rate)


def audible(samples: Samples, sample_rate: int) -> tuple[int, int]:
    """First and last sample (exclusive) worth keeping: a short lead and tail stay around what can be heard."""
    frame = max(1, round(FRAME_SECONDS * sample_rate))
    frames = len(samples) // frame
    if frames == 0:
        return 0, len(samples)
    power = (samples[: frames * frame].reshape(frames, frame) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (SILENCE_DB / 10))
    if len(loud) == 0:
        return 0, len(samples)
    first = int(loud[0]) * frame - round(KEPT_LEAD_SECONDS * sample_rate)
    last = (int(loud[-1]) + 1) * frame + round(KEPT_TAIL_SECONDS * sample_rate)
    return max(0, first), min(len(samples), last)


def fade(samples: Samples, sample_rate: int) -> Samples:
    """Raise and lower both ends along half a cosine, so that a seam with silence cannot click."""
    length = min(round(FADE_SECONDS * sample_rate), len(samples) // 2)
    if length == 0:
        return np.zeros_like(samples)
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[-length:] *= ramp[::-1]
    return faded


def guard_peaks(samples: Samples) -> Samples:
    """Bend magnitudes above the knee smoothly under 1 instead of clipping them."""
    magnitude = np.abs(samples)
    if magnitude.max(initial=0.0) <= KNEE:
        return samples
    bent = KNEE + (1 - KNEE) * np.tanh((magnitude - KNEE) / (1 - KNEE))
    return np.where(magnitude > KNEE, np.sign(samples) * bent, samples).astype(np.float32)
