"""Replace the numbers and signs that other steps leave with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_mixed_number
from app.text.normalization.rules import RuleTable
from app.text.word_tables import TABLES

LETTER_A = TABLES["letter_a"]
"""Private characters that stand for the letter A beside a digit, which is no article: `A380`, `Figure 3a`."""
SIGNS = {sign: f" {word} " if word else " " for sign, word in TABLES["signs"].items()}
SIGN = re.compile("[" + re.escape("".join(SIGNS)) + "]")
DOLLAR_NAME = re.compile(r"\$(?=[A-Za-z_])")
DASHES = re.compile(r"(?<!\s)\s*+[–—]+\s*|[–—]+\s*|(?<!\s)\s++-{1,3}\s+|--+")
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
    text = DASHES.sub(", ", DOLLAR_NAME.sub("dollar ", text))
    return SIGN.sub(lambda m: SIGNS[m[0]], text)


def version(number: str) -> str:
    """Read a version: `2.0.1` -> two point zero point one."""
    return " point ".join(map(verbalize_cardinal, number.split(".")))


def letters(written: str) -> str:
    """Spell letters as capitals: `ac` -> A C."""
    return " ".join(written.upper())


verbalize_numbers = RuleTable("numbers", drop_repetition, verbalize_fraction_alone, version, letters)
expand_operators = RuleTable("operators")
