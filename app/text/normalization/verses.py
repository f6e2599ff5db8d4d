"""Read citations of a verse: `1 Corinthians 13:4-7`."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal
from app.text.normalization.rules import RuleTable
from app.text.word_tables import BOOK_NAMES, TABLES


def verbalize_verse(match: re.Match[str]) -> str:
    """Read a verse: `1 Corinthians 13:4-7` -> First Corinthians thirteen, four to seven."""
    number, book, chapter, verse, sign, last = match.groups()
    name = (TABLES["ordinal_words"][number] + " " if number else "") + BOOK_NAMES[book]
    words = f"{name} {verbalize_cardinal(chapter)}"
    if not last:
        # After `twenty-three`, or before a single digit, the verse would sound like a part of the chapter's number.
        clear = len(verse) == 2 and int(chapter) < 20
        return f"{words}{' ' if clear else ':'}{verbalize_cardinal(verse)}"
    return f"{words}, {verbalize_cardinal(verse)} {'and' if sign == ',' else 'to'} {verbalize_cardinal(last)}"


verbalize_verses = RuleTable("verses", verbalize_verse)
