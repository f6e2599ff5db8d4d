"""Stretches of text whose reading is marked up, and the spoken text with these readings in their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.text.cleaning import clean, tidy
from app.text.normalize import normalize, pronounceable, read_cleaned

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
class Reading:
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

    def moved(self, by: int) -> Reading:
        """The same in a text that begins that many characters earlier."""
        return Reading(self.start + by, self.end + by, self.tag, self.speak, self.apart, self.continues)


def spoken_text(text: str, readings: Sequence[Reading]) -> str:
    """What will be read of a text; `readings` are in order, do not overlap, and count in this text."""
    if not readings:
        return normalize(text)
    pieces, position = [], 0
    for number, reading in enumerate(readings):
        pieces.append(clean(text[position : reading.start]))
        touched = reading.start == position or text[reading.start - 1].isalnum()
        pieces.append(" " if reading.apart and touched else "")
        pieces.append(stand_in(number, text[reading.start]))
        pieces.append(" " if reading.apart and text[reading.end : reading.end + 1].isalnum() else "")
        position = reading.end
    said = read_cleaned("".join([*pieces, clean(text[position:])]))
    return pronounceable(tidy(STAND_IN.sub(lambda match: readings[number_of(match)].speak(), said)))


def stand_in(number: int, first: str) -> str:
    """The word for a reading whose marked text has this first character."""
    return ("Q" if first.isupper() else "q") + str(number).translate(TO_FIGURES)


def number_of(match: re.Match[str]) -> int:
    """Which reading a word stands for."""
    return int(match[1].translate(FROM_FIGURES))
