"""Find the quotations of a text: stretches of direct speech between quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.text.word_tables import list_alternatives

OPENING = {'"': '"', "“": "”", "„": "“”", "«": "»", "‘": "’", "'": "'", "`": "'"}
"""Opening quotation marks and the marks that close each."""
SINGLE_QUOTES = "‘'`"
"""Marks that may also be apostrophes: they close a quotation only after one of `ENDS_SPEECH`."""
MARK = re.compile(r"[\"“”„«»‘’'`]|\n[^\S\n]*\n|\u2029")
"""A quotation mark or the end of a paragraph."""
SHORTENED = re.compile(
    r"['’‘](?:\d\d(?:s|\b)(?!['’])|(?i:tis|twas|twere|twill|cause|cos|cuz|em|n|til|till|bout|round|neath)\b)"
)
"""A year without its century, such as `'21`, or a word without its beginning, such as `'n'`."""
BEFORE_OPENING = re.compile(r"[\s(\[{—–-]")
BLANKS = " \u00a0\u202f"
"""What French typography puts between the words and the marks, `« Non ! »`."""
INDENTATION = 16
"""Maximum blanks before the first mark of a line."""
ENDS_SPEECH = ",.!?;:…—–-"
"""Punctuation that ends speech, right before the closing quotation mark."""
END_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")
AFTER_CLOSING = re.compile(r"[,.;:!?…)\]]*")
SPEECH_VERB = f"(?:{'|'.join(list_alternatives('speech_verbs'))})"
"""Verbs of speech that make the words after a quotation its dialogue tag."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A stretch of direct speech, quotation marks included."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    speaker: str | None = None
    """Who speaks, as the text names them; None if it does not say so for certain."""
    is_label: bool = False
    """Whether this is the name before a line of a script, such as `RUTH:`, instead of speech."""


def find_quotations(text: str) -> Iterator[Quotation]:
    """Yield the quotations of a text lazily, in order and without overlap."""
    opened: int | None = None
    for mark in MARK.finditer(text):
        place, sign = mark.start(), mark.group()
        if sign[0] in "\n\u2029":
            if opened is not None and (text[opened] not in SINGLE_QUOTES or begins_line(text, opened)):
                yield Quotation(opened, place)
            opened = None
        elif opened is None:
            opened = place if is_opening(text, place) else None
        elif sign in OPENING[text[opened]] and is_closing(text, opened, place):
            end = place + 1
            if is_speech(text, opened, end):
                yield Quotation(opened, AFTER_CLOSING.match(text, end).end())  # type: ignore[union-attr]
            opened = None
    if opened is not None and text[opened] not in SINGLE_QUOTES:
        yield Quotation(opened, len(text))


def begins_line(text: str, place: int) -> bool:
    """Return whether a mark begins its line, so that the speech it opens may go on in the next paragraph."""
    before = text[max(0, place - INDENTATION) : place].rstrip(" \t")
    return before.endswith(("\n", "\u2029")) or (not before and place <= INDENTATION)


def is_opening(text: str, place: int) -> bool:
    """Return whether a mark opens a quotation: it directly precedes a word and does not directly follow one."""
    before, after = text[max(0, place - 1) : place], text[place + 1 : place + 2]
    return (
        text[place] in OPENING
        and (not after.isspace() or (text[place] == "«" and after in BLANKS))
        and after != ""
        and (not before or BEFORE_OPENING.match(before) is not None)
        and not SHORTENED.match(text, place)
    )


def is_closing(text: str, opened: int, place: int) -> bool:
    """Return whether a mark closes the open quotation, and is neither an apostrophe nor opens an inner quotation."""
    before, after = text[place - 1], text[place + 1 : place + 2]
    if text[opened] in SINGLE_QUOTES:
        return before in ENDS_SPEECH and not after.isalnum()
    return not before.isspace() or not after or not after.isalnum()


def is_speech(text: str, start: int, end: int) -> bool:
    """Return whether the words between two quotation marks are spoken, not only mentioned."""
    last = end - 3 if text[end - 2] in BLANKS else end - 2
    if text[last] in ENDS_SPEECH or text[end : end + 1] == ",":
        return True
    # Check the end of the line first: at most one quotation of a line passes, so a long line is searched only once.
    return END_OF_LINE.match(text, end) is not None and not text[text.rfind("\n", 0, start) + 1 : start].strip(" \t")
