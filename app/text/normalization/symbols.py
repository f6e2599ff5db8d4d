"""Replace the numbers and signs that other steps leave with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import (
    verbalize_cardinal,
    verbalize_decimal,
    verbalize_integer,
    verbalize_mixed_number,
    verbalize_ordinal,
)
from app.text.normalization.ranges import SCORE, verbalize_score
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import TABLES, join_alternatives

WIRELESS = re.compile(r"\b802\.(\d{1,2})([a-z]{0,2})\b")
VERSION = re.compile(r"\b(v?)(\d{1,4}(?:\.\d{1,5}){2,4})\b")
ORDINAL = re.compile(r"\b(\d{1,3}(?:,\d{3})+|\d{1,15})(?:st|nd|rd|th)\b", re.IGNORECASE)
MIXED_NUMBER = re.compile(r"(?<![\w./])((?:\d{1,6} )?\d{1,4}/\d{1,4})(?![\d/])")
NEGATIVE = re.compile(r"(?<![\w.,)-])-(?=\d)")
NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?!\w)|(?<![\w.])(\.\d+)(?!\w)")
LETTER_BY_DIGIT = re.compile(r"(?<![^\W\d_])[Aa](?=\d)|(?<=\d)[Aa](?![^\W\d_])")
LETTER_A = {"A": "\ue041", "a": "\ue061"}
"""Private characters that stand for the letter A beside a digit, which is no article: `A380`, `Figure 3a`."""
ANY_DIGITS = re.compile(r"\d+(?:\.\d+(?!\w|\.\d))?")
SIGNS = {sign: f" {word} " if word else " " for sign, word in TABLES["signs"].items()}
SIGN = re.compile("[" + re.escape("".join(SIGNS)) + "]")
OPERATORS = {sign: f" {words} " for sign, words in TABLES["operators"].items()}
"""Signs between two words or numbers."""
OPERATOR = re.compile(rf"(?<=[\w)\]]) ?({join_alternatives(OPERATORS)}) ?(?=[\w(\[\"'$€£.~!∞±√∀∃-])")
LEFT_ARROW = re.compile(r"(?<!\S)([\w.]{1,30}) ?(?:<-{1,2}|←) ?([\w.]{1,30})")
GRADE = re.compile(
    r"(?<![\w'-])(AB|[A-FO])-(?=[\s.,;:!?)\"']|$)(?! and \w-\w| (?!and\b|or\b|at\b|as\b|average\b)(?i:\1))"
)
NUMBER_WORD = re.compile(
    r"\b(?:No|Nr|Num)\.? (?=\d)(?!\d+ (?:of|or|and|are|is|was|were|more|people)\b)|\b[Nn]°? ?°(?= ?\d)"
)
DOLLAR_NAME = re.compile(r"\$(?=[A-Za-z_])")
DASHES = re.compile(r"(?<!\s)\s*+[–—]+\s*|[–—]+\s*|(?<!\s)\s++-{1,3}\s+|--+")


REPEATED = re.compile(r"(?<=[A-Za-z]) \((\d{1,3})\)")
"""A number in figures after the same one in words, as contracts have it: `six (6) months`."""
MAX_NUMBER_CHARS = 48


def drop_repetition(match: re.Match[str]) -> str:
    """Return nothing for a number that the words before it say: `six (6) months` -> six months."""
    before = match.string[max(0, match.start() - MAX_NUMBER_CHARS) : match.start()].lower()
    words = verbalize_cardinal(match[1])
    return "" if f" {before}".endswith(f" {words}") else match[0]


def verbalize_version(match: re.Match[str]) -> str:
    """Read a version: `v2.0.1` -> version two point zero point one."""
    return ("version " if match[1] else "") + " point ".join(map(verbalize_cardinal, match[2].split(".")))


def verbalize_fraction_alone(match: re.Match[str]) -> str:
    """Read a fraction: `1/2` -> a half; after an article without a second one: `a 1/2-inch bolt`."""
    words = verbalize_mixed_number(match[1])
    article = match.string[max(0, match.start() - 2) : match.start()].lower() == "a "
    return words.removeprefix("a ") if article else words


def verbalize_wireless(match: re.Match[str]) -> str:
    """Read a standard for wireless networks: `802.11ac` -> eight oh two point eleven A C."""
    letters = " ".join(match[2].upper())
    return f"eight oh two point {verbalize_cardinal(match[1])} {letters}".rstrip()


def verbalize_number(match: re.Match[str]) -> str:
    """Read a number by itself; four digits without a comma that look like a year are read as a year."""
    whole, rest, bare = match[1], match[2] or "", match[3]
    if bare:
        return verbalize_decimal(bare)
    return verbalize_decimal(whole + rest) if rest else verbalize_integer(whole)


def verbalize_signs(text: str) -> str:
    """Replace the remaining signs with words, or drop them."""
    text = DASHES.sub(", ", DOLLAR_NAME.sub("dollar ", text))
    return SIGN.sub(lambda m: SIGNS[m[0]], text)


NUMBER_RULES = RuleTable(
    Rule(REPEATED, drop_repetition, (" (",)),
    Rule(NUMBER_WORD, "number ", ("n",), digits=False),
    Rule(WIRELESS, verbalize_wireless, ("802.",)),
    Rule(VERSION, verbalize_version, (".",)),
    Rule(ORDINAL, lambda m: verbalize_ordinal(m[1]), ("st", "nd", "rd", "th")),
    Rule(MIXED_NUMBER, verbalize_fraction_alone, ("/",)),
    Rule(SCORE, verbalize_score, ("-", "–")),
    Rule(NEGATIVE, "minus ", ("-",)),
    Rule(NUMBER, verbalize_number),
    Rule(LETTER_BY_DIGIT, lambda m: LETTER_A[m[0]], ("a",)),
    Rule(ANY_DIGITS, lambda m: f" {verbalize_decimal(m[0]) if '.' in m[0] else verbalize_integer(m[0])} "),
)


def verbalize_numbers(text: str) -> str:
    """Replace versions, ordinals, fractions, ranges and all remaining numbers with words."""
    return NUMBER_RULES.apply(text)


OPERATOR_RULES = RuleTable(
    Rule(LEFT_ARROW, r"from \2 to \1", ("<-", "←"), digits=False),
    Rule(GRADE, r"\1 minus", ("-",), digits=False),
    Rule(OPERATOR, lambda m: OPERATORS[m[1]], ("=", "-", "→", "⇒", "↔", "⇔", "≤", "≥", "&&", "||"), digits=False),
)


def expand_operators(text: str) -> str:
    """Replace signs of two or three characters and arrows with words."""
    return OPERATOR_RULES.apply(text)
