"""Grows the flow of a document: folds white space, keeps places, puts pauses, edges and marks where they belong."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from app.text.segment import WORD
from app.text.ssml.substitutions import Substitution
from app.types import DEFAULT_PROSODY, PlanWarning, Prosody

MOST_WARNINGS = 50
"""More would be a document's own text given back."""
SHOWN = 60
"""Characters of a value that a warning quotes."""


class WarningCollector:
    """Collects warnings: each once, and a bounded number of them."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], None] = {}
        self._left_out = 0

    def add(self, code: str, detail: str) -> None:
        """Report something, unless it was reported before."""
        if (code, detail) in self._seen:
            return
        if len(self._seen) < MOST_WARNINGS:
            self._seen[code, detail] = None
        else:
            self._left_out += 1

    @property
    def warnings(self) -> tuple[PlanWarning, ...]:
        """All, in the order of the document; the last one tells how many there is no place for."""
        listed = tuple(PlanWarning(code, detail) for code, detail in self._seen)
        if not self._left_out:
            return listed
        return (*listed, PlanWarning("more_warnings", f"{self._left_out} more warnings were left out."))


def shown(value: str) -> str:
    """A caller's value, quoted and short."""
    return repr(value if len(value) <= SHOWN else value[:SHOWN] + "…")


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
    manner: Prosody


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
class TextMap:
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
    readings: Sequence[Substitution]

    def manner_at(self, place: int) -> Prosody:
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

    def readings_in(self, start: int, end: int) -> list[Substitution]:
        """Those within a stretch, counted in its text."""
        first, last = (bisect_left(self.readings, place, key=lambda reading: reading.start) for place in (start, end))
        return [reading.moved(-start) for reading in self.readings[first:last]]

    def reading_around(self, place: int) -> Substitution | None:
        """The reading that a cut at this place would part."""
        index = bisect_left(self.readings, place, key=lambda reading: reading.start) - 1
        around = self.readings[index] if index >= 0 else None
        return around if around and around.end > place else None

    def is_held(self, place: int) -> bool:
        """Whether no sentence may begin here: an element whose text is read at once goes on."""
        here = self.readings_in(place, place + 1)
        return self.reading_around(place) is not None or any(reading.continues for reading in here)


LONGEST_PAUSE = 20.0
"""Seconds that breaks in a row last at most."""
FOLDED = re.compile(r"\s{2,}|[^\S ]")
"""White space that is no single blank."""


class TextBuilder:
    """Grows as a document is read; `finish` gives the flow."""

    def __init__(self, remarks: WarningCollector) -> None:
        self.remarks = remarks
        self.manner = DEFAULT_PROSODY
        """Of the text that comes next."""
        self.readings: list[Substitution] = []
        self._places = array("I")
        self._ends = array("I")
        self._changes: list[Change] = []
        self._pauses: list[Pause] = []
        self._edges: list[Edge] = []
        self._anchors: list[Anchor] = []
        self._pieces: list[str] = []
        self._blank = True
        self._waiting: list[str] = []
        self._row = 0.0
        self._marked = (0, 0)

    @property
    def length(self) -> int:
        """Characters until now."""
        return len(self._places)

    @property
    def solid(self) -> int:
        """Where the last word or mark ends."""
        return self.length - self._blank if self.length else 0

    @property
    def paused(self) -> bool:
        """Whether a pause stands behind the last word."""
        return bool(self._pauses) and self._pauses[-1].at == self.solid

    def characters(self, text: str, place: int, end: int) -> None:
        """Text as a parser tells it: as it stands in the document, or one character that a reference stands for."""
        if text.isspace():
            self.blank(place)
            return
        if end - place != len(text):
            self._append(text, place, end)
            return
        position = 0
        for gap in FOLDED.finditer(text):
            self._run(text[position : gap.start()], place + position)
            self.blank(place + gap.start())
            position = gap.end()
        self._run(text[position:], place + position)

    def blank(self, place: int) -> None:
        """Part two words."""
        if not self._blank:
            self._pieces.append(" ")
            self._places.append(place)
            self._ends.append(place + 1)
            self._blank = True

    def pause(self, seconds: float, place: int) -> None:
        """Be silent here; what is marked before it is reached before it."""
        allowed = min(seconds, LONGEST_PAUSE - self._row)
        if allowed < seconds:
            self.remarks.add("value_limited", f"Breaks in a row last at most {LONGEST_PAUSE:g} s together.")
        self._row += allowed
        self._settle()
        first = place
        if self.paused:
            before = self._pauses.pop()
            first, allowed = before.place, before.seconds + allowed
        self._pauses.append(Pause(self.solid, allowed, first))
        self.blank(place)

    def edge(self, place: int, *, paragraph: bool, closing: bool) -> None:
        """End the sentence; what is marked at its end is reached before the pause behind it."""
        if not self.solid:
            return
        if closing and not self.paused:
            self._settle()
        self.blank(place)
        if self._edges and self._edges[-1].at == self.length:
            paragraph = self._edges.pop().paragraph or paragraph
        self._edges.append(Edge(self.length, paragraph))

    def mark(self, name: str) -> None:
        """The next word is marked, or the end where none comes."""
        self._waiting.append(name)

    def begin_reading(self) -> None:
        """What comes is read otherwise than it is written."""
        self._marked = (self.length, len(self._pieces))

    def marked_text(self) -> tuple[int, str]:
        """Where the text since then begins, and the text."""
        start, piece = self._marked
        text = "".join(self._pieces[piece:])
        return start + len(text) - len(text.lstrip()), text.strip()

    def finish(self) -> TextMap:
        """There is no more."""
        self._settle()
        return TextMap(
            "".join(self._pieces),
            self._places,
            self._ends,
            self._changes,
            self._pauses,
            self._edges,
            self._anchors,
            self.readings,
        )

    def _run(self, text: str, place: int) -> None:
        """Text whose white space is single blanks."""
        if text.startswith(" "):
            self.blank(place)
            text, place = text[1:], place + 1
        if text:
            self._append(text, place, place + len(text))

    def _append(self, text: str, place: int, end: int) -> None:
        """Text that does not begin with a blank."""
        if self._waiting:
            self._anchors += (Anchor(name, self.length, behind=False) for name in self._waiting)
            self._waiting.clear()
        before = self._changes[-1].manner if self._changes else None
        if self.manner is not before and self.manner != before:
            self._changes.append(Change(self.length, self.manner))
        if self._row and WORD.search(text):
            self._row = 0.0
        self._pieces.append(text)
        self._places.extend(range(place, place + len(text)))
        self._ends.extend(range(place + 1, place + len(text)))
        self._ends.append(end)
        self._blank = text.endswith(" ")

    def _settle(self) -> None:
        """Whatever waits to be marked is behind the words before."""
        self._anchors += (Anchor(name, self.solid, behind=True) for name in self._waiting)
        self._waiting.clear()
