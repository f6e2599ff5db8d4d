"""Grows the flow of a document: folds white space, keeps places, puts pauses, edges and marks where they belong."""

from __future__ import annotations

import re
from array import array

from app.plan import UNMARKED
from app.text.segment import WORD
from app.text.ssml.flow import Anchor, Change, Edge, Flow, Pause
from app.text.ssml.readings import Reading
from app.text.ssml.remarks import Remarks

LONGEST_PAUSE = 20.0
"""Seconds that breaks in a row last at most."""
FOLDED = re.compile(r"\s{2,}|[^\S ]")
"""White space that is no single blank."""


class Builder:
    """Grows as a document is read; `finish` gives the flow."""

    def __init__(self, remarks: Remarks) -> None:
        self.remarks = remarks
        self.manner = UNMARKED
        """Of the text that comes next."""
        self.readings: list[Reading] = []
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

    def finish(self) -> Flow:
        """There is no more."""
        self._settle()
        return Flow(
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
