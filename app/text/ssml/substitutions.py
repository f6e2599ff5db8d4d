"""The markup within a clause, written anew: only what changes its reading, and marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from app.text.normalization.cleaning import clean, tidy
from app.text.normalization.normalize import normalize, pronounceable, read_cleaned
from app.types import Mark

Speak = Callable[[], str]
"""Makes the words when they are needed: most of a long text may never be."""
FIGURES = "𝐚𝐛𝐜𝐝𝐞𝐟𝐠𝐡𝐢𝐣"
"""Ten letters that no cleaned text holds: `clean` makes usual ones of them."""
STAND_IN = re.compile(f"[Qq]([{FIGURES}]+)")
"""A word that every step of normalisation leaves alone. It begins as the marked text does, since a capital letter
decides how the word before it is read."""
FROM_FIGURES = str.maketrans(FIGURES, "0123456789")
TO_FIGURES = str.maketrans("0123456789", FIGURES)


@dataclass(frozen=True, slots=True)
class Substitution:
    """One stretch."""

    start: int
    """Code points of the text that it stands in."""
    end: int
    tag: str
    """The element's name and attributes, as its opening tag needs them."""
    speak: Speak
    apart: bool = True
    """Whether words around it never run into it."""
    continues: bool = False
    """Whether it goes on with the one before."""

    def moved(self, by: int) -> Substitution:
        """The same in a text that begins that many characters earlier."""
        return Substitution(self.start + by, self.end + by, self.tag, self.speak, self.apart, self.continues)


def spoken_text(text: str, readings: Sequence[Substitution]) -> str:
    """What will be read of a text; `readings` are in order, do not overlap, and count in this text."""
    if not readings:
        return normalize(text)
    pieces, position = [], 0
    for number, reading in enumerate(readings):
        pieces.append(clean(text[position : reading.start]))
        touched = reading.start == position or text[reading.start - 1].isalnum()
        pieces.append(" " if reading.apart and touched else "")
        pieces.append(placeholder(number, text[reading.start]))
        pieces.append(" " if reading.apart and text[reading.end : reading.end + 1].isalnum() else "")
        position = reading.end
    said = read_cleaned("".join([*pieces, clean(text[position:])]))
    return pronounceable(tidy(STAND_IN.sub(lambda match: readings[number_of(match)].speak(), said)))


def placeholder(number: int, first: str) -> str:
    """The word for a reading whose marked text has this first character."""
    return ("Q" if first.isupper() else "q") + str(number).translate(TO_FIGURES)


def number_of(match: re.Match[str]) -> int:
    """Which reading a word stands for."""
    return int(match[1].translate(FROM_FIGURES))


def fragment(text: str, readings: Sequence[Substitution], marks: Sequence[Mark]) -> str:
    """What may stand within a root and is read as this clause is; nothing where plain text would do."""
    if not readings and not marks:
        return ""
    written, position, waiting = [], 0, list(reversed(marks))
    for reading in whole(readings):
        written += marked(text, position, reading.start, waiting, reading.start + 1)
        inside = marked(text, reading.start, reading.end, waiting, reading.end)
        written += [f"<{reading.tag}>", *inside, f"</{reading.tag.split(' ', 1)[0]}>"]
        position = reading.end
    return "".join([*written, *marked(text, position, len(text), waiting, len(text) + 1)])


def whole(readings: Sequence[Substitution]) -> list[Substitution]:
    """The readings of one element as one."""
    joined: list[Substitution] = []
    for reading in readings:
        if joined and reading.continues:
            joined[-1] = replace(joined[-1], end=reading.end)
        else:
            joined.append(reading)
    return joined


def marked(text: str, start: int, end: int, waiting: list[Mark], until: int) -> list[str]:
    """A stretch of text with the marks before a place; they are taken off the end of `waiting`."""
    written = []
    while waiting and waiting[-1].place < until:
        mark = waiting.pop()
        written += [escape(text[start : mark.place]), tag(mark)]
        start = mark.place
    return [*written, escape(text[start:end])]


def tag(mark: Mark) -> str:
    """The element of a mark."""
    return f"<mark name={quoteattr(mark.name)}/>"
