"""A document's text without its markup, white space folded; beside it what the markup said, by place in the text."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

from app.plan import UNMARKED, Manner
from app.text.segment import WORD
from app.text.ssml.readings import Reading
from app.text.ssml.remarks import Remarks

LONGEST_PAUSE = 20.0
"""Seconds that breaks in a row last at most."""
FOLDED = re.compile(r"\s{2,}|[^\S ]")
"""White space that is no single blank."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that is asked for."""

    at: int
    """Where in the text the words before it end; 0 before any."""
    seconds: float
    place: int
    """Where in the document it stands."""


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


class Flow:
    """Grows as a document is read; `finish` completes it."""

    def __init__(self, remarks: Remarks) -> None:
        self.remarks = remarks
        self.manner = UNMARKED
        """Of the text that comes next."""
        self.text = ""
        """All of it, once the document is finished."""
        self.places = array("I")
        """Where in the document each character stands."""
        self.ends = array("I")
        """Where in the document each character ends: a reference is longer than what it stands for."""
        self.manners: list[tuple[int, Manner]] = []
        """From which character on a manner holds."""
        self.pauses: list[Pause] = []
        self.edges: list[Edge] = []
        self.anchors: list[Anchor] = []
        self.readings: list[Reading] = []
        self._pieces: list[str] = []
        self._blank = True
        self._waiting: list[str] = []
        self._row = 0.0
        self._marked = (0, 0)

    @property
    def length(self) -> int:
        """Characters until now."""
        return len(self.places)

    @property
    def solid(self) -> int:
        """Where the last word or mark ends."""
        return self.length - self._blank if self.length else 0

    @property
    def paused(self) -> bool:
        """Whether a pause stands behind the last word."""
        return bool(self.pauses) and self.pauses[-1].at == self.solid

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
            self.places.append(place)
            self.ends.append(place + 1)
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
            before = self.pauses.pop()
            first, allowed = before.place, before.seconds + allowed
        self.pauses.append(Pause(self.solid, allowed, first))
        self.blank(place)

    def edge(self, place: int, *, paragraph: bool, closing: bool) -> None:
        """End the sentence; what is marked at its end is reached before the pause behind it."""
        if not self.solid:
            return
        if closing and not self.paused:
            self._settle()
        self.blank(place)
        if self.edges and self.edges[-1].at == self.length:
            paragraph = self.edges.pop().paragraph or paragraph
        self.edges.append(Edge(self.length, paragraph))

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

    def finish(self) -> None:
        """There is no more."""
        self._settle()
        self.text = "".join(self._pieces)
        self._pieces = []

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
            self.anchors += (Anchor(name, self.length, behind=False) for name in self._waiting)
            self._waiting.clear()
        before = self.manners[-1][1] if self.manners else None
        if self.manner is not before and self.manner != before:
            self.manners.append((self.length, self.manner))
        if self._row and WORD.search(text):
            self._row = 0.0
        self._pieces.append(text)
        self.places.extend(range(place, place + len(text)))
        self.ends.extend(range(place + 1, place + len(text)))
        self.ends.append(end)
        self._blank = text.endswith(" ")

    def _settle(self) -> None:
        """Whatever waits to be marked is behind the words before."""
        self.anchors += (Anchor(name, self.solid, behind=True) for name in self._waiting)
        self._waiting.clear()
