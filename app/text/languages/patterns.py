"""Build the regular expressions of a language from its table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.text.languages.table import Language

ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?<=[IVXLCDM])"
FINAL = re.compile(r"[\s\"')\]}»”]{0,8}\Z")
"""The end of a text after a full stop, which then also ends the sentence."""
BEFORE = r"(?<![^\W_])(?<!\d[.,:])(?<!\d[–/-])"
"""Nothing of a longer number, word or date before a number."""
AFTER = r"(?![^\W_]|[.,:]\d)"
"""Nothing of a longer number, word or date after a number."""


def join(words: Iterable[str]) -> str:
    """Return words as alternatives, longest first; a blank in them may be missing."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", " ?") for word in ordered) or r"(?!)"


def make_number(language: Language) -> str:
    """Return the pattern of a number, grouped or not, perhaps with decimals; nothing may be added to its end."""
    signs = [re.escape(sign) for sign in (*language.grouping, " ")]
    grouped = "|".join(rf"[1-9]\d{{0,2}}(?:{sign}\d{{3}}){{1,5}}(?!\d|{sign}\d)" for sign in signs)
    return rf"(?:(?:{grouped}|\d++)(?:{re.escape(language.decimal)}\d++)?)"


def make_words(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of abbreviations, which letters neither precede nor follow."""
    return re.compile(rf"(?<![^\W_])(?<![^\W_][.'])(?:{join(words)})(?![^\W_])")


def parse_roman(numeral: str) -> int:
    """Return the value of a Roman numeral."""
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
