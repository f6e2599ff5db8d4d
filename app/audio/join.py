"""Join utterances and pauses into one stream of samples, without clicks or jumps in level.

Samples are returned while the utterance is still being synthesized, so each depends only on earlier samples and on a
short look-ahead. The division of the utterance into chunks does not affect them.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from app.types import Samples

FADE_SECONDS = 0.005
FRAME_SECONDS = 0.005
SILENCE_DB = -65.0
"""RMS level of a frame (dBFS, before the gain) below which the frame counts as silence at an utterance's ends."""
KEPT_LEAD_SECONDS = 0.02
KEPT_TAIL_SECONDS = 0.045
KNEE = 0.9
"""Magnitude above which the limiter compresses; smaller samples stay unchanged."""


@dataclass(frozen=True, slots=True)
class UtteranceSpan:
    """Position of an utterance in the joined audio."""

    start: float
    """Seconds from the beginning of the audio."""
    end: float
    """Seconds from the beginning of the audio, the pause excluded."""
    trimmed_lead: float
    """Seconds trimmed from the beginning of the utterance."""


class Joiner:
    """Joiner of consecutive utterances in chunks, which also measures where each utterance starts and ends.

    For each utterance, call `start_utterance`, then `push` for each chunk, then `end`. The samples that they return, in
    order, are the audio.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._position = 0
        """Number of samples returned so far."""
        self._start = 0
        self._utterance: _Utterance | None = None

    @property
    def seconds(self) -> float:
        """Duration of the audio returned so far."""
        return self._position / self._rate

    def add_silence(self, seconds: float) -> Samples:
        """Return silence between two utterances."""
        return self._count(np.zeros(round(seconds * self._rate), np.float32))

    def start_utterance(self, gain: float) -> None:
        """Begin an utterance. The gain is linear and constant per checkpoint, so anger stays louder than sadness."""
        self._start = self._position
        self._utterance = _Utterance(self._rate, gain)

    @property
    def open_span(self) -> UtteranceSpan:
        """Position of the current utterance, whose end is unknown and therefore infinite.

        The start is final once `push` has returned samples of it.
        """
        return UtteranceSpan(self._start / self._rate, math.inf, self._get_current().first / self._rate)

    def push(self, samples: Samples) -> Samples:
        """Append a chunk, (samples,), which must not be modified afterwards; return the samples that are final."""
        return self._count(self._get_current().push(samples))

    def end(self, pause_after: float) -> tuple[Samples, UtteranceSpan]:
        """End the utterance; return its remaining samples with `pause_after` seconds of silence, and its span."""
        utterance = self._get_current()
        rest = self._count(utterance.end())
        span = UtteranceSpan(self._start / self._rate, self._position / self._rate, utterance.first / self._rate)
        self._utterance = None
        return np.concatenate([rest, self.add_silence(pause_after)]), span

    def _get_current(self) -> _Utterance:
        if self._utterance is None:
            raise RuntimeError("No utterance has begun.")
        return self._utterance

    def _count(self, samples: Samples) -> Samples:
        self._position += len(samples)
        return samples


class _Utterance:
    """Utterance whose silent ends are trimmed; the rest is faded, amplified and limited to -1..1.

    Positions count samples from the beginning of the utterance.
    """

    def __init__(self, sample_rate: int, gain: float) -> None:
        self.first = 0
        """Start of the kept samples; final after the first loud frame."""
        self._gain = np.float32(gain)
        self._lead = round(KEPT_LEAD_SECONDS * sample_rate)
        self._tail = round(KEPT_TAIL_SECONDS * sample_rate)
        self._fade = max(1, round(FADE_SECONDS * sample_rate))
        self._detector = _SilenceDetector(sample_rate)
        self._held: deque[Samples] = deque()
        """Samples from `_removed` to `_received`, in the chunks in which they arrived."""
        self._removed = 0
        self._received = 0

    def push(self, samples: Samples) -> Samples:
        """Append a chunk; return the kept samples that later chunks cannot change."""
        self._held.append(samples)
        self._received += len(samples)
        self._detector.classify(samples)
        if self._detector.first_loud is None:
            return np.zeros(0, np.float32)
        self.first = max(0, self._detector.first_loud - self._lead)
        self._take(self.first)
        # The samples certain to be kept may end here and fade out. If they are too short for both fades, `end` shortens
        # the fades, so none can be returned yet.
        certain_end = self._find_end() - self._fade
        if certain_end < self.first + self._fade:
            return np.zeros(0, np.float32)
        return self._finish(certain_end, 0 if self._has_begun() else self._fade, 0)

    def end(self) -> Samples:
        """Return the remaining kept samples."""
        last = self._find_end()
        if self._has_begun():
            return self._finish(last, 0, self._fade)
        fade_length = max(1, min(self._fade, (last - self.first) // 2))
        return self._finish(last, fade_length, fade_length)

    def _has_begun(self) -> bool:
        return self._removed > self.first

    def _find_end(self) -> int:
        """Return the end of the kept samples if nothing loud follows; an entirely silent utterance is kept whole."""
        end = self._received if self._detector.first_loud is None else self._detector.last_loud + self._tail
        return min(self._received, end)

    def _finish(self, until: int, rise: int, fall: int) -> Samples:
        return limit_peaks(fade(self._take(until), rise, fall) * self._gain)

    def _take(self, until: int) -> Samples:
        """Remove and return the held samples before `until`; none if they were removed before."""
        parts = [np.zeros(0, np.float32)]
        while self._removed < until:
            chunk = self._held.popleft()
            count = until - self._removed
            if count < len(chunk):
                self._held.appendleft(chunk[count:])
            parts.append(chunk[:count])
            self._removed += len(parts[-1])
        return np.concatenate(parts)


class _SilenceDetector:
    """Detector of the loud frames of an utterance. Frames are aligned with its beginning, not with that of a chunk."""

    def __init__(self, sample_rate: int) -> None:
        self.first_loud: int | None = None
        """Start of the first loud frame."""
        self.last_loud = 0
        """End of the last loud frame."""
        self._frame = max(1, round(FRAME_SECONDS * sample_rate))
        self._classified = 0
        """Number of samples in the frames classified so far."""
        self._rest = np.zeros(0, np.float32)
        """Samples after the classified frames, too few for another frame."""

    def classify(self, samples: Samples) -> None:
        """Classify the frames that these samples complete."""
        samples = np.concatenate([self._rest, samples])
        frames = len(samples) // self._frame
        whole, self._rest = np.split(samples, [frames * self._frame])
        power = (whole.reshape(frames, self._frame) ** 2).mean(axis=1)
        loud = self._classified + np.flatnonzero(power >= 10 ** (SILENCE_DB / 10)) * self._frame
        self._classified += len(whole)
        if len(loud):
            self.first_loud = int(loud[0]) if self.first_loud is None else self.first_loud
            self.last_loud = int(loud[-1]) + self._frame


def fade(samples: Samples, rise: int, fall: int) -> Samples:
    """Fade the first samples in and the last ones out along half a cosine, to avoid clicks next to silence."""
    faded = samples.copy()
    faded[:rise] *= _make_ramp(rise)
    faded[len(faded) - fall :] *= _make_ramp(fall)[::-1]
    return faded


def _make_ramp(length: int) -> Samples:
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)).astype(np.float32)


def limit_peaks(samples: Samples) -> Samples:
    """Compress magnitudes above the knee smoothly to below 1 instead of clipping them."""
    magnitude = np.abs(samples)
    if magnitude.max(initial=0.0) <= KNEE:
        return samples
    compressed = KNEE + (1 - KNEE) * np.tanh((magnitude - KNEE) / (1 - KNEE))
    return np.where(magnitude > KNEE, np.sign(samples) * compressed, samples).astype(np.float32)
