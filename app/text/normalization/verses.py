"""Read citations of a verse: `1 Corinthians 13:4-7`."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import TABLES, join_alternatives

BOOKS = TABLES["books"]
"""Books that are cited by chapter and verse, with their abbreviations."""
BOOK_NAMES = {name: name for name in BOOKS} | {short: name for name, short in BOOKS.items() if short}
ORDINAL_WORDS = {"1": "First", "2": "Second", "3": "Third"}
VERSE = re.compile(
    rf"(?:\b(?:([123]) )?({join_alternatives(BOOK_NAMES)})\.? )"
    r"(\d{1,3}):(\d{1,3})(?: ?([-–,]) ?(\d{1,3}))?(?![\w:]|[-–]\d)"
)
NUMBERED_BOOK = re.compile(
    r"\b([123]) (Samuel|Kings|Chronicles|Corinthians|Thessalonians|Timothy|Peter|John)(?= \d{1,3}\b)"
)


def verbalize_verse(match: re.Match[str]) -> str:
    """Read a verse: `1 Corinthians 13:4-7` -> First Corinthians thirteen, four to seven."""
    number, book, chapter, verse, sign, last = match.groups()
    name = (ORDINAL_WORDS[number] + " " if number else "") + BOOK_NAMES[book]
    words = f"{name} {verbalize_cardinal(chapter)}"
    if not last:
        # After `twenty-three`, or before a single digit, the verse would sound like a part of the chapter's number.
        clear = len(verse) == 2 and int(chapter) < 20
        return f"{words}{' ' if clear else ':'}{verbalize_cardinal(verse)}"
    return f"{words}, {verbalize_cardinal(verse)} {'and' if sign == ',' else 'to'} {verbalize_cardinal(last)}"


RULES = RuleTable(
    Rule(VERSE, verbalize_verse, (":",)),
    Rule(NUMBERED_BOOK, lambda m: f"{ORDINAL_WORDS[m[1]]} {m[2]}"),
)


def verbalize_verses(text: str) -> str:
    """Replace citations of chapter and verse with words."""
    return RULES.apply(text)
