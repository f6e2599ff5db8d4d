"""Read telephone numbers, postal codes, account numbers and other codes digit by digit."""

from __future__ import annotations

import re

from app.text.normalization.numbers import DIGITS, spell_digits
from app.text.normalization.rules import RuleTable

SEPARATOR = re.compile(r"[ ./()-]+")
MIN_PHONE_DIGITS, MAX_PHONE_DIGITS = 7, 15
"""Digits of a telephone number; the maximum is that of ITU-T E.164."""
WORD_IN_CODE = re.compile(r"(?=[A-Z]{0,12}?[AEIOU])[A-Z]{4,12}(?=\d{1,4}$)")
NUMBER_SIGN = re.compile(r"\bn(?:o|um)\.(?=\W*$)", re.IGNORECASE)


def spell_code(code: str) -> str:
    """Spell a code, with a comma between groups: `DE89 3704` -> D E eight nine, three seven zero four."""
    return ", ".join(spell_group(group) for group in SEPARATOR.split(code.lstrip("+")) if group)


def spell_group(group: str) -> str:
    """Spell a group of a code; keep letters that form a word: `SAVE20` -> SAVE two zero."""
    word = WORD_IN_CODE.match(group)
    letters = word[0] if word else ""
    return " ".join([*([letters] if letters else []), *map(name_sign, group[len(letters) :])])


def name_sign(sign: str) -> str:
    """Return a digit as a word and any other sign as it is."""
    return DIGITS[int(sign)] if sign.isdecimal() else sign.replace(":", ",")


def spell_after_word(match: re.Match[str]) -> str:
    """Spell a code after its word: `PIN 1234` -> PIN one two three four; leave numbers of one or two digits."""
    word, code = match.groups()
    return match[0] if len(code) < 3 else f"{NUMBER_SIGN.sub('number', word).rstrip()} {spell_code(code)}"


def spell_alternatives(numbers: str) -> str:
    """Spell numbers joined by `or` or a slash: `911 or 112` -> nine one one or one one two."""
    return " or ".join(map(spell_digits, re.split(" or |/", numbers)))


def verbalize_vanity(match: re.Match[str]) -> str:
    """Read a number that holds words: `1-800-FLOWERS` -> one eight hundred flowers."""
    country, prefix, words = match.groups()
    digits = f"{DIGITS[int(prefix[0])]} hundred" if prefix.endswith("00") else spell_digits(prefix)
    return ("one " if country else "") + digits + " " + words.replace("-", " ").lower()


def verbalize_national(match: re.Match[str]) -> str:
    """Read a telephone number with a trunk prefix, if it has enough digits."""
    digits = sum(map(str.isdecimal, match[0]))
    return spell_code(match[0]) if MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS else match[0]


verbalize_codes = RuleTable(
    "codes", spell_code, spell_after_word, spell_alternatives, verbalize_vanity, verbalize_national
)
