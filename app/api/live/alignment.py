"""Align the characters of utterances with the pieces of their audio."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from app.types import Utterance, Word


@dataclass(frozen=True, slots=True)
class TimedCharacter:
    """Character with the time at which its sound begins."""

    text: str
    start: float
    """Seconds from the beginning of the context's audio."""


def time_characters(text: str, words: tuple[Word, ...], start: float) -> list[TimedCharacter]:
    """Return the characters of an utterance's text, each word's spread evenly over its time.

    Characters between words get the end of the word before them. Without words, all get the time `start`.
    """
    times = [start] * len(text)
    position, now = 0, start
    for word in words:
        first, last = word.place, min(len(text), word.place + len(word.text))
        if first < position:
            continue
        for place in range(position, first):
            times[place] = now
        for place in range(first, last):
            times[place] = word.start + (word.end - word.start) * (place - first) / max(1, last - first)
        position, now = last, word.end
    for place in range(position, len(text)):
        times[place] = now
    return [TimedCharacter(character, time) for character, time in zip(text, times, strict=True)]


class Aligner:
    """Aligner of the characters of one context; its messages together hold every character once, in order."""

    def __init__(self, *, absolute: bool) -> None:
        """Create an aligner; with `absolute`, times count from the beginning of the context, else of each message."""
        self._absolute = absolute
        self._waiting: deque[TimedCharacter] = deque()
        self._aligned = 0.0
        """Seconds until the end of the audio of the last message with characters."""
        self._has_begun = False

    def begin(self, utterance: Utterance) -> None:
        """Add the characters of an utterance that begins; a blank separates it from the one before."""
        if self._has_begun:
            self._waiting.append(TimedCharacter(" ", self._aligned))
        self._has_begun = True
        text = " ".join(utterance.text.split("\n"))
        self._waiting.extend(time_characters(text, utterance.words, utterance.start or 0.0))

    def align(self, end: float, *, ends_utterance: bool) -> dict[str, list[object]] | None:
        """Return the alignment of the audio until `end` (seconds); None if no character begins there.

        The durations of a message add up to its audio, so that a client can add up times that begin at zero.
        """
        here: list[TimedCharacter] = []
        # The last character waits for the end of its utterance, so that no audio after it is left without one.
        while self._waiting and (ends_utterance or (len(self._waiting) > 1 and self._waiting[0].start < end)):
            here.append(self._waiting.popleft())
        if not here:
            return None
        edges = [self._aligned]
        for one in here:
            edges.append(min(max(one.start, edges[-1]), end))
        origin, *milliseconds = (round(1000 * edge) for edge in (*edges, end))
        origin = 0 if self._absolute else origin
        self._aligned = end
        return {
            "chars": [one.text for one in here],
            "charStartTimesMs": [edge - origin for edge in milliseconds[:-1]],
            "charDurationsMs": [after - before for before, after in pairwise(milliseconds)],
        }
