"""Read text with substitutions, and write the SSML of a clause: only marks and what changes its reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from app.text.languages import ENGLISH
from app.text.normalization.cleaning import clean, tidy
from app.text.normalization.normalize import keep_pronounceable, normalize, normalize_cleaned
from app.types import Mark

Verbalizer = Callable[[str], str]
"""Function of a language that returns the words to read, called on demand: most of a long text may never be read."""
DIGIT_LETTERS = "𝐚𝐛𝐜𝐝𝐞𝐟𝐠𝐡𝐢𝐣"
"""Ten letters that no cleaned text contains: `clean` replaces them with plain ones."""
PLACEHOLDER = re.compile(f"[Qq]([{DIGIT_LETTERS}]+)")
"""A placeholder that no normalization step changes. It begins with a capital letter if the marked text does, since
that decides how the word before it is read."""
LETTERS_TO_DIGITS = str.maketrans(DIGIT_LETTERS, "0123456789")
DIGITS_TO_LETTERS = str.maketrans("0123456789", DIGIT_LETTERS)


@dataclass(frozen=True, slots=True)
class Substitution:
    """A stretch of text that is read differently from how it is written."""

    start: int
    """Code points from the beginning of the text that contains it."""
    end: int
    tag: str
    """The element's name and attributes, as in its opening tag."""
    speak: Verbalizer
    apart: bool = True
    """Whether a space always separates the words to read from the words around them."""
    continues: bool = False
    """Whether it belongs to the same element as the previous substitution."""

    def shift(self, by: int) -> Substitution:
        """Return the substitution for a text that begins `by` code points earlier."""
        return Substitution(self.start + by, self.end + by, self.tag, self.speak, self.apart, self.continues)


def verbalize_text(text: str, readings: Sequence[Substitution], language: str = ENGLISH) -> str:
    """Return the text to read; `readings` are in order, do not overlap, and have offsets in `text`."""
    if not readings:
        return normalize(text, language)
    pieces, position = [], 0
    for number, reading in enumerate(readings):
        pieces.append(clean(text[position : reading.start], language))
        touched = reading.start == position or text[reading.start - 1].isalnum()
        pieces.append(" " if reading.apart and touched else "")
        pieces.append(make_placeholder(number, text[reading.start]))
        pieces.append(" " if reading.apart and text[reading.end : reading.end + 1].isalnum() else "")
        position = reading.end
    normalized = normalize_cleaned("".join([*pieces, clean(text[position:], language)]), language)
    return keep_pronounceable(
        tidy(PLACEHOLDER.sub(lambda match: readings[parse_placeholder(match)].speak(language), normalized))
    )


def make_placeholder(number: int, first: str) -> str:
    """Return the placeholder of a substitution whose marked text has this first character."""
    return ("Q" if first.isupper() else "q") + str(number).translate(DIGITS_TO_LETTERS)


def parse_placeholder(match: re.Match[str]) -> int:
    """Return the index of the substitution that a placeholder stands for."""
    return int(match[1].translate(LETTERS_TO_DIGITS))


def to_ssml(text: str, readings: Sequence[Substitution], marks: Sequence[Mark]) -> str:
    """Return the SSML of a clause, without the root element; empty if plain text suffices."""
    if not readings and not marks:
        return ""
    written, position, waiting = [], 0, list(reversed(marks))
    for reading in join_continued(readings):
        written += insert_marks(text, position, reading.start, waiting, reading.start + 1)
        inside = insert_marks(text, reading.start, reading.end, waiting, reading.end)
        written += [f"<{reading.tag}>", *inside, f"</{reading.tag.split(' ', 1)[0]}>"]
        position = reading.end
    return "".join([*written, *insert_marks(text, position, len(text), waiting, len(text) + 1)])


def join_continued(readings: Sequence[Substitution]) -> list[Substitution]:
    """Join the substitutions that belong to the same element."""
    joined: list[Substitution] = []
    for reading in readings:
        if joined and reading.continues:
            joined[-1] = replace(joined[-1], end=reading.end)
        else:
            joined.append(reading)
    return joined


def insert_marks(text: str, start: int, end: int, waiting: list[Mark], until: int) -> list[str]:
    """Return the SSML of a stretch of text with the marks before `until`, popped off the end of `waiting`."""
    written = []
    while waiting and waiting[-1].place < until:
        mark = waiting.pop()
        written += [escape(text[start : mark.place]), mark_to_ssml(mark)]
        start = mark.place
    return [*written, escape(text[start:end])]


def mark_to_ssml(mark: Mark) -> str:
    """Return the SSML element of a mark."""
    return f"<mark name={quoteattr(mark.name)}/>"
