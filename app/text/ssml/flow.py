"""A document's text without its markup, white space folded; beside it what the markup said, by place in the text."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from app.plan import Manner
from app.text.ssml.readings import Reading


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that is asked for."""

    at: int
    """Where in the text the words before it end; 0 before any."""
    seconds: float
    place: int
    """Where in the document it stands."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where another manner begins."""

    at: int
    manner: Manner


@dataclass(frozen=True, slots=True)
class Edge:
    """A place in the text where a sentence ends, whatever its words."""

    at: int
    paragraph: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A mark: on the character at a place, or behind the words before it."""

    name: str
    at: int
    behind: bool

    @property
    def key(self) -> int:
        """Anchors are sorted by it: what is behind the text before a place comes before what is on that place."""
        return 2 * self.at - self.behind


@dataclass(frozen=True, slots=True)
class Flow:
    """All of a document; everything is in order."""

    text: str
    places: array[int]
    """Where in the document each character stands."""
    ends: array[int]
    """Where in the document each character ends: a reference is longer than what it stands for."""
    changes: Sequence[Change]
    """The first is where the text begins."""
    pauses: Sequence[Pause]
    edges: Sequence[Edge]
    anchors: Sequence[Anchor]
    readings: Sequence[Reading]

    def manner_at(self, place: int) -> Manner:
        """In which manner a character is spoken."""
        return self.changes[bisect_right(self.changes, place, key=lambda change: change.at) - 1].manner

    def changes_in(self, start: int, end: int) -> Sequence[Change]:
        """Those behind the first character of a stretch."""
        first, last = (bisect_left(self.changes, place, key=lambda change: change.at) for place in (start + 1, end))
        return self.changes[first:last]

    def pauses_in(self, start: int, end: int) -> Sequence[Pause]:
        """Those within a stretch and right behind it."""
        first, last = (bisect_right(self.pauses, place, key=lambda pause: pause.at) for place in (start, end))
        return self.pauses[first:last]

    def anchors_in(self, start: int, end: int) -> Sequence[Anchor]:
        """Those on the characters of a stretch and behind its end."""
        first, last = (bisect_left(self.anchors, 2 * place, key=lambda anchor: anchor.key) for place in (start, end))
        return self.anchors[first:last]

    def readings_in(self, start: int, end: int) -> list[Reading]:
        """Those within a stretch, counted in its text."""
        first, last = (bisect_left(self.readings, place, key=lambda reading: reading.start) for place in (start, end))
        return [reading.moved(-start) for reading in self.readings[first:last]]

    def reading_around(self, place: int) -> Reading | None:
        """The reading that a cut at this place would part."""
        index = bisect_left(self.readings, place, key=lambda reading: reading.start) - 1
        around = self.readings[index] if index >= 0 else None
        return around if around and around.end > place else None

    def is_held(self, place: int) -> bool:
        """Whether no sentence may begin here: an element whose text is read at once goes on."""
        here = self.readings_in(place, place + 1)
        return self.reading_around(place) is not None or any(reading.continues for reading in here)
