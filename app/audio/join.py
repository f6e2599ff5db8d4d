"""Utterances and pauses -> one stream of samples: no clicks, and no level that jumps from utterance to utterance.

The samples leave while the utterance is still being spoken, so each of them is decided by what came before it and by
a short look ahead. How the utterance was cut into chunks changes none of them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from app.types import Samples

FADE_SECONDS = 0.005
FRAME_SECONDS = 0.005
SILENCE_DB = -65.0
"""Level of a frame, before the gain and over full scale (RMS), under which it is silent at an utterance's ends."""
KEPT_LEAD_SECONDS = 0.02
KEPT_TAIL_SECONDS = 0.045
KNEE = 0.9
"""Magnitude from which the peak guard bends; below it nothing is touched."""


@dataclass(frozen=True, slots=True)
class UtteranceSpan:
    """The place of an utterance in the joined audio."""

    start: float
    """Seconds."""
    end: float
    """Seconds, the pause excluded."""
    trimmed_lead: float
    """Seconds that were cut from the beginning of the utterance."""


class Joiner:
    """Chunks of utterances, in order -> the samples of the whole; knows where each utterance starts and ends.

    For each utterance: `start_utterance`, then `push` for each chunk, then `end`. What they return, in order, is the
    audio.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._position = 0
        """Samples given so far."""
        self._start = 0
        self._utterance: _Utterance | None = None

    @property
    def seconds(self) -> float:
        """Length of the audio that was given so far."""
        return self._position / self._rate

    def start_utterance(self, gain: float) -> None:
        """Begin an utterance. The gain is linear and fixed for a checkpoint: anger stays louder than sadness."""
        self._start = self._position
        self._utterance = _Utterance(self._rate, gain)

    def push(self, samples: Samples) -> Samples:
        """Take the next chunk, (samples,), which must not be changed afterwards; give what can be sent now."""
        return self._given(self._current().push(samples))

    def end(self, pause_after: float) -> tuple[Samples, UtteranceSpan]:
        """End the utterance; give the rest of it with `pause_after` seconds of silence behind it, and its place."""
        utterance = self._current()
        rest = self._given(utterance.end())
        placed = UtteranceSpan(self._start / self._rate, self._position / self._rate, utterance.first / self._rate)
        pause = self._given(np.zeros(round(pause_after * self._rate), np.float32))
        self._utterance = None
        return np.concatenate([rest, pause]), placed

    def _current(self) -> _Utterance:
        if self._utterance is None:
            raise RuntimeError("No utterance has begun.")
        return self._utterance

    def _given(self, samples: Samples) -> Samples:
        self._position += len(samples)
        return samples


class _Utterance:
    """One utterance: its silent ends are cut, what is kept is faded, brought to its level and held within -1..1.

    Positions count its samples from its beginning.
    """

    def __init__(self, sample_rate: int, gain: float) -> None:
        self.first = 0
        """Where what is kept begins, as far as it is known."""
        self._gain = np.float32(gain)
        self._lead = round(KEPT_LEAD_SECONDS * sample_rate)
        self._tail = round(KEPT_TAIL_SECONDS * sample_rate)
        self._fade = max(1, round(FADE_SECONDS * sample_rate))
        self._ear = _SilenceDetector(sample_rate)
        self._held: deque[Samples] = deque()
        """The samples from `_gone` to `_seen`, in chunks as they came."""
        self._gone = 0
        self._seen = 0

    def push(self, samples: Samples) -> Samples:
        """Take a chunk; give the kept samples that nothing to come can change."""
        self._held.append(samples)
        self._seen += len(samples)
        self._ear.hear(samples)
        if self._ear.first_loud is None:
            return np.zeros(0, np.float32)
        self.first = max(0, self._ear.first_loud - self._lead)
        self._take(self.first)
        # What is surely kept may end here and fade out. Where it is too short for both fades, they may be shorter too.
        sure = self._last() - self._fade
        if sure < self.first + self._fade:
            return np.zeros(0, np.float32)
        return self._finished(sure, 0 if self._begun() else self._fade, 0)

    def end(self) -> Samples:
        """Give the rest of what is kept."""
        last = self._last()
        if self._begun():
            return self._finished(last, 0, self._fade)
        both = max(1, min(self._fade, (last - self.first) // 2))
        return self._finished(last, both, both)

    def _begun(self) -> bool:
        return self._gone > self.first

    def _last(self) -> int:
        """Where what is kept ends if nothing loud follows; without anything loud, all of it is kept."""
        return self._seen if self._ear.first_loud is None else min(self._seen, self._ear.last_loud + self._tail)

    def _finished(self, until: int, rise: int, fall: int) -> Samples:
        return soft_limit(fade(self._take(until), rise, fall) * self._gain)

    def _take(self, until: int) -> Samples:
        """Remove the samples before `until` from those that are held; none if they are gone already."""
        taken = [np.zeros(0, np.float32)]
        while self._gone < until:
            chunk = self._held.popleft()
            count = until - self._gone
            if count < len(chunk):
                self._held.appendleft(chunk[count:])
            taken.append(chunk[:count])
            self._gone += len(taken[-1])
        return np.concatenate(taken)


class _SilenceDetector:
    """Finds the loud frames of an utterance; its frames are counted from its beginning, not from that of a chunk."""

    def __init__(self, sample_rate: int) -> None:
        self.first_loud: int | None = None
        """Where the first loud frame begins."""
        self.last_loud = 0
        """Where the last loud frame ends."""
        self._frame = max(1, round(FRAME_SECONDS * sample_rate))
        self._heard = 0
        """Samples in the frames that were judged."""
        self._rest = np.zeros(0, np.float32)
        """Samples behind them, too few for a frame."""

    def hear(self, samples: Samples) -> None:
        """Judge the frames that are full with these samples."""
        samples = np.concatenate([self._rest, samples])
        frames = len(samples) // self._frame
        whole, self._rest = np.split(samples, [frames * self._frame])
        power = (whole.reshape(frames, self._frame) ** 2).mean(axis=1)
        loud = self._heard + np.flatnonzero(power >= 10 ** (SILENCE_DB / 10)) * self._frame
        self._heard += len(whole)
        if len(loud):
            self.first_loud = int(loud[0]) if self.first_loud is None else self.first_loud
            self.last_loud = int(loud[-1]) + self._frame


def fade(samples: Samples, rise: int, fall: int) -> Samples:
    """Raise the first and lower the last samples along half a cosine, so that a seam with silence cannot click."""
    faded = samples.copy()
    faded[:rise] *= _ramp(rise)
    faded[len(faded) - fall :] *= _ramp(fall)[::-1]
    return faded


def _ramp(length: int) -> Samples:
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)


def soft_limit(samples: Samples) -> Samples:
    """Bend magnitudes above the knee smoothly under 1 instead of clipping them."""
    magnitude = np.abs(samples)
    if magnitude.max(initial=0.0) <= KNEE:
        return samples
    bent = KNEE + (1 - KNEE) * np.tanh((magnitude - KNEE) / (1 - KNEE))
    return np.where(magnitude > KNEE, np.sign(samples) * bent, samples).astype(np.float32)
