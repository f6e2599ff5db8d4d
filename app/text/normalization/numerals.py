"""Rewrite the notation of numbers, and read Roman numerals and the numbers and signs that other steps leave."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_mixed_number, verbalize_ordinal, verbalize_year
from app.text.normalization.rules import RuleTable
from app.text.word_tables import TABLES


def regroup(written: str) -> str:
    """Rewrite a number with foreign grouping: `1.234,5`, `1'234.5`, `1 234,5` -> 1,234.5; leave an IP address."""
    if "," not in written and is_ip_address(written):
        return written
    whole, fraction = written, ""
    if "," in written:
        whole, _, fraction = written.rpartition(",")
    elif "." in written and ("'" in written or " " in written):
        whole, _, fraction = written.rpartition(".")
    digits = re.sub(r"[. ']", ",", whole)
    return f"{digits}.{fraction}" if fraction.strip("0") else digits


def is_ip_address(number: str) -> bool:
    """Return whether a number with dots is an address such as `192.168.100.200`."""
    parts = number.split(".")
    return len(parts) == 4 and all(int(part) <= 255 and str(int(part)) == part for part in parts)


def group_thousands(number: str) -> str:
    """Rewrite a number with Indian grouping: `12,34,567` -> 1,234,567."""
    return f"{int(number.replace(',', '')):,}"


def use_dot(number: str) -> str:
    """Rewrite a number with a decimal comma: `2,5` -> 2.5."""
    return number.replace(",", ".")


rewrite_numbers = RuleTable("grouping", regroup, group_thousands, use_dot)


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


LETTER_A = TABLES["letter_a"]
"""Private characters that stand for the letter A beside a digit, which is no article: `A380`, `Figure 3a`."""
SIGNS = str.maketrans({sign: f" {word} " if word else " " for sign, word in TABLES["signs"].items()})
DOLLAR_NAME = re.compile(r"\$(?=[A-Za-z_])")
DASHES = re.compile(r"(?<!\s)\s*+[–—]+\s*|[–—]+\s*|(?<!\s)\s++-{1,3}\s+|--+")
DASH_SIGNS = frozenset("-–—")
MAX_NUMBER_CHARS = 48


def drop_repetition(match: re.Match[str]) -> str:
    """Return nothing for a number that the words before it say: `six (6) months` -> six months."""
    before = match.string[max(0, match.start() - MAX_NUMBER_CHARS) : match.start()].lower()
    words = verbalize_cardinal(match[1])
    return "" if f" {before}".endswith(f" {words}") else match[0]


def verbalize_fraction_alone(match: re.Match[str]) -> str:
    """Read a fraction: `1/2` -> a half; after an article without a second one: `a 1/2-inch bolt`."""
    words = verbalize_mixed_number(match[1])
    article = match.string[max(0, match.start() - 2) : match.start()].lower() == "a "
    return words.removeprefix("a ") if article else words


def verbalize_signs(text: str) -> str:
    """Replace the remaining signs with words, or drop them."""
    if "$" in text:
        text = DOLLAR_NAME.sub("dollar ", text)
    if not DASH_SIGNS.isdisjoint(text):
        text = DASHES.sub(", ", text)
    return text.translate(SIGNS)


def version(number: str) -> str:
    """Read a version: `2.0.1` -> two point zero point one."""
    return " point ".join(map(verbalize_cardinal, number.split(".")))


def letters(written: str) -> str:
    """Spell letters as capitals: `ac` -> A C."""
    return " ".join(written.upper())


verbalize_numbers = RuleTable("numbers", drop_repetition, verbalize_fraction_alone, version, letters)
expand_operators = RuleTable("operators")
