"""Read Roman numerals if their context makes the reading safe."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_ordinal, verbalize_year
from app.text.normalization.rules import RuleTable

NUMERAL = re.compile(r"(?<!\w)(?:[IVXLCDM]+|[ivx]+|[ivxlcdm]{2,})(?:th|st|nd|rd)?(?!\w|'\w)")
"""Letters that may be a Roman numeral: few sentences contain any."""
FIRST_YEAR, LAST_YEAR = 1010, 2100
VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def parse_roman(numeral: str) -> int:
    """Return the value of a Roman numeral: `XIV` -> 14."""
    values = [VALUES[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def roman(numeral: str) -> str:
    """Return a Roman numeral as a number in words."""
    return verbalize_cardinal(str(parse_roman(numeral.upper())))


def roman_ordinal(numeral: str) -> str:
    """Return a Roman numeral as an ordinal."""
    return verbalize_ordinal(str(parse_roman(numeral)))


def verbalize_roman_year(match: re.Match[str]) -> str:
    """Read a year such as `MCMXCIV`; leave what is no year, such as `MIX`."""
    value = parse_roman(match[1])
    long = len(match[0]) > 3 or match[0] in ("MMX", "MMV", "MMI")
    return verbalize_year(str(value)) if long and FIRST_YEAR <= value <= LAST_YEAR else match[0]


RULES = RuleTable("roman", roman, roman_ordinal, verbalize_roman_year)


def verbalize_roman(text: str) -> str:
    """Replace Roman numerals after the words that they count, in names of rulers, and long ones, with words."""
    return RULES(text) if NUMERAL.search(text) else text
