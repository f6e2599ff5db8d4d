"""Map a document's text to its offsets, with folded white space and the positions of pauses, edges and marks."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.text.segment import PARAGRAPH, WORD
from app.text.substitutions import Substitution
from app.types import DEFAULT_PROSODY, PlanWarning, Prosody

MAX_WARNINGS = 50
"""Maximum warnings listed; more would only return the document's own text."""
MAX_QUOTED_CHARS = 60
"""Maximum characters of a value that a warning quotes."""


class WarningCollector:
    """A collection of a bounded number of warnings, each once."""

    def __init__(self) -> None:
        self._warnings: dict[tuple[str, str], None] = {}
        self._left_out = 0

    def add(self, code: str, detail: str) -> None:
        """Add a warning, unless it was added before."""
        if (code, detail) in self._warnings:
            return
        if len(self._warnings) < MAX_WARNINGS:
            self._warnings[code, detail] = None
        else:
            self._left_out += 1

    @property
    def warnings(self) -> tuple[PlanWarning, ...]:
        """All warnings, in document order; the last one reports how many were left out, if any."""
        listed = tuple(PlanWarning(code, detail) for code, detail in self._warnings)
        if not self._left_out:
            return listed
        return (*listed, PlanWarning("more_warnings", f"{self._left_out} more warnings were left out."))


PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
"""Characters of private use, such as the icons of a font."""


def warn_private_characters(text: str, remarks: WarningCollector) -> None:
    """Report characters of private use, which have no name or sound."""
    if not text.isascii() and (found := PRIVATE.findall(text)):
        remarks.add("unread_characters", f"{len(found)} characters of private use are not read.")


def quote(value: str) -> str:
    """Return a caller's value, quoted and shortened."""
    return repr(value if len(value) <= MAX_QUOTED_CHARS else value[:MAX_QUOTED_CHARS] + "…")


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that the document requests."""

    at: int
    """Offset in the text of the end of the words before it; 0 if there are none."""
    seconds: float
    place: int
    """Offset in the document."""


@dataclass(frozen=True, slots=True)
class ProsodyChange:
    """A change of prosody, and the offset in the text at which it begins."""

    at: int
    manner: Prosody
    after: Prosody | None = None
    """Prosody from the next sentence on; None if the change holds there, too."""


@dataclass(frozen=True, slots=True)
class SentenceEdge:
    """An offset in the text at which a sentence ends, whatever its words."""

    at: int
    paragraph: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A mark: on the character at an offset, or after the words before that offset."""

    name: str
    at: int
    behind: bool

    @property
    def key(self) -> int:
        """Sort key: an anchor after the words before an offset comes before an anchor on that offset."""
        return 2 * self.at - self.behind


@dataclass(frozen=True, slots=True)
class TextMap:
    """The text of a document with everything that the markup sets, each in order."""

    text: str
    places: array[int]
    """Offset in the document of each character."""
    ends: array[int]
    """Offset in the document of the end of each character: a reference is longer than the character it stands for."""
    changes: Sequence[ProsodyChange]
    """The first is at the beginning of the text."""
    pauses: Sequence[Pause]
    edges: Sequence[SentenceEdge]
    anchors: Sequence[Anchor]
    readings: Sequence[Substitution]

    def manner_at(self, place: int, sentence: int) -> Prosody:
        """Return the prosody of the character at an offset, whose sentence starts at `sentence`."""
        change = self.changes[bisect_right(self.changes, place, key=lambda change: change.at) - 1]
        return change.after if change.after is not None and change.at < sentence else change.manner

    def changes_in(self, start: int, end: int) -> Sequence[ProsodyChange]:
        """Return the changes after the first character of a stretch."""
        first, last = (bisect_left(self.changes, place, key=lambda change: change.at) for place in (start + 1, end))
        return self.changes[first:last]

    def pauses_in(self, start: int, end: int) -> Sequence[Pause]:
        """Return the pauses within a stretch and right after it."""
        first, last = (bisect_right(self.pauses, place, key=lambda pause: pause.at) for place in (start, end))
        return self.pauses[first:last]

    def anchors_in(self, start: int, end: int) -> Sequence[Anchor]:
        """Return the anchors on the characters of a stretch and right after its end."""
        first, last = (bisect_left(self.anchors, 2 * place, key=lambda anchor: anchor.key) for place in (start, end))
        return self.anchors[first:last]

    def readings_in(self, start: int, end: int) -> list[Substitution]:
        """Return the substitutions within a stretch, with offsets in its text."""
        first, last = (bisect_left(self.readings, place, key=lambda reading: reading.start) for place in (start, end))
        return [reading.shift(-start) for reading in self.readings[first:last]]

    def reading_around(self, place: int) -> Substitution | None:
        """Return the substitution that a cut at an offset would split; None if there is none."""
        index = bisect_left(self.readings, place, key=lambda reading: reading.start) - 1
        around = self.readings[index] if index >= 0 else None
        return around if around and around.end > place else None

    def is_held(self, place: int) -> bool:
        """Return whether no sentence may begin at an offset, because an element read as a whole continues there."""
        here = self.readings_in(place, place + 1)
        return self.reading_around(place) is not None or any(reading.continues for reading in here)


MARKS = ",.;:!?"
"""Punctuation after which no comma is needed."""
CELL_PAUSE = 0.16
"""Seconds, as after a comma."""
MAX_PAUSE_SECONDS = 20.0
"""Maximum total seconds of consecutive breaks."""
FOLDABLE_SPACE = re.compile(r"\s{2,}|[^\S ]")
"""White space other than a single blank."""


class TextBuilder:
    """Builder of a document's text map; `finish` returns it."""

    def __init__(self, remarks: WarningCollector) -> None:
        self.remarks = remarks
        self.manner = DEFAULT_PROSODY
        """Prosody of the text that comes next."""
        self._after: Prosody | None = None
        self.readings: list[Substitution] = []
        self._places = array("I")
        self._ends = array("I")
        self._changes: list[ProsodyChange] = []
        self._pauses: list[Pause] = []
        self._edges: list[SentenceEdge] = []
        self._anchors: list[Anchor] = []
        self._pieces: list[str] = []
        self._solid = 0
        self._waiting: list[str] = []
        self._row = 0.0
        self._marked = (0, 0)

    @property
    def length(self) -> int:
        """Number of characters so far."""
        return len(self._places)

    @property
    def solid(self) -> int:
        """Offset of the end of the last word or punctuation mark."""
        return self._solid

    @property
    def _blank(self) -> bool:
        """Whether white space, or no text, comes before the next character."""
        return self._solid < self.length or not self.length

    @property
    def paused(self) -> bool:
        """Whether a pause follows the last word."""
        return bool(self._pauses) and self._pauses[-1].at == self.solid

    def characters(self, text: str, place: int, end: int) -> None:
        """Add text from a parser: as it stands in the document, or the one character of a reference."""
        if text.isspace():
            self.blank(place)
            return
        if end - place != len(text):
            self._append(text, place, end)
            return
        position = 0
        for gap in FOLDABLE_SPACE.finditer(text):
            self._run(text[position : gap.start()], place + position)
            self.blank(place + gap.start())
            position = gap.end()
        self._run(text[position:], place + position)

    def keep(self, text: str, place: int) -> None:
        """Add text as it stands in the document, with its white space."""
        space = len(text) - len(text.lstrip())
        if space:
            self._pieces.append(text[:space])
            self._places.extend(range(place, place + space))
            self._ends.extend(range(place + 1, place + space + 1))
        if space < len(text):
            self._append(text[space:], place + space, place + len(text))

    def change(self, manner: Prosody, after: Prosody | None = None) -> None:
        """Change the prosody; `after` is the prosody from the next sentence on, if it differs."""
        self.manner, self._after = replace(manner) if after else manner, after

    def blank(self, place: int, sign: str = " ") -> None:
        """Separate two words by a blank, or by a line or paragraph separator, which takes precedence over a blank."""
        if not self._blank:
            self._pieces.append(sign)
            self._places.append(place)
            self._ends.append(place + 1)
        elif sign != " " and self._pieces and self._pieces[-1] != PARAGRAPH:
            self._pieces[-1] = self._pieces[-1][:-1] + sign

    def comma(self, place: int, end: int) -> None:
        """Separate two cells of a table, unless a mark does: by a comma, or by its pause if there is no room for one.

        The comma and the blank after it stand at the marks between the cells, from `place` to `end`.
        """
        if not self.length or (self._edges and self._edges[-1].at == self.length):
            return
        text = self._pieces[-1][:-1] or self._pieces[-2] if self._blank else self._pieces[-1]
        if text[-1] in MARKS:
            self.blank(place)
        elif self._blank:
            self._pieces[-1] = self._pieces[-1][:-1] + ","
            self._solid = self.length
            self.blank(place)
        elif end - place > 1:
            self._append(",", place, place + 1)
            self.blank(end - 1)
        else:
            self.pause(CELL_PAUSE, place)

    def pause(self, seconds: float, place: int) -> None:
        """Add a pause; marks before it are reached before the silence."""
        allowed = min(seconds, MAX_PAUSE_SECONDS - self._row)
        if allowed < seconds:
            self.remarks.add("value_limited", f"Breaks in a row last at most {MAX_PAUSE_SECONDS:g} s together.")
        self._row += allowed
        self._settle()
        first = place
        if self.paused:
            before = self._pauses.pop()
            first, allowed = before.place, before.seconds + allowed
        self._pauses.append(Pause(self.solid, allowed, first))
        self.blank(place)

    def edge(self, place: int, *, paragraph: bool, closing: bool) -> None:
        """End the sentence; marks at its end are reached before the pause after it."""
        if not self.solid:
            return
        if closing and not self.paused:
            self._settle()
        self.blank(place)
        if self._edges and self._edges[-1].at == self.length:
            paragraph = self._edges.pop().paragraph or paragraph
        self._edges.append(SentenceEdge(self.length, paragraph))

    def mark(self, name: str) -> None:
        """Mark the next word, or the end if none follows."""
        self._waiting.append(name)

    def begin_reading(self) -> None:
        """Record the start of text that is read differently from how it is written."""
        self._marked = (self.length, len(self._pieces))

    def marked_text(self) -> tuple[int, str]:
        """Return the offset and content of the text since `begin_reading`, without blanks at its ends."""
        start, piece = self._marked
        text = "".join(self._pieces[piece:])
        return start + len(text) - len(text.lstrip()), text.strip()

    def finish(self) -> TextMap:
        """Return the text map, at the end of the document."""
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
        """Add text whose white space is single blanks."""
        if text.startswith(" "):
            self.blank(place)
            text, place = text[1:], place + 1
        if text:
            self._append(text, place, place + len(text))

    def _append(self, text: str, place: int, end: int) -> None:
        """Add text that does not begin with a blank."""
        if self._waiting:
            self._anchors += (Anchor(name, self.length, behind=False) for name in self._waiting)
            self._waiting.clear()
        before = self._changes[-1].manner if self._changes else None
        if self.manner is not before and (self.manner != before or self._after or self._changes[-1].after):
            self._changes.append(ProsodyChange(self.length, self.manner, self._after))
        if self._row and WORD.search(text):
            self._row = 0.0
        self._pieces.append(text)
        self._places.extend(range(place, place + len(text)))
        self._ends.extend(range(place + 1, place + len(text)))
        self._ends.append(end)
        self._solid = self.length - len(text) + len(text.rstrip())

    def _settle(self) -> None:
        """Place the waiting marks after the words before them."""
        self._anchors += (Anchor(name, self.solid, behind=True) for name in self._waiting)
        self._waiting.clear()
