"""Texts read letter by letter or digit by digit."""

from __future__ import annotations

import unicodedata

from app.text.numbers import DIGITS

AT_ONCE = 8
"""Characters that are read in one go: a longer text can be cut between them."""
LONGEST_NAME = 24
"""Characters of a sign's Unicode name; whoever hears a longer one has forgotten the rest."""
NAMES = {
    ".": "dot",
    ",": "comma",
    "-": "dash",
    "_": "underscore",
    "/": "slash",
    "\\": "backslash",
    "@": "at",
    "#": "hash",
    "&": "and",
    "*": "star",
    "+": "plus",
    "=": "equals",
    ":": "colon",
    "'": "apostrophe",
    "’": "apostrophe",
    '"': "quote",
    "(": "open parenthesis",
    ")": "close parenthesis",
    "$": "dollar",
    "€": "euro",
    "£": "pound",
    "%": "percent",
    "!": "exclamation mark",
    "?": "question mark",
    "<": "less than",
    ">": "greater than",
    "|": "bar",
    "^": "caret",
    "~": "tilde",
}


def spell(text: str) -> str:
    """`can't 5` -> C A N apostrophe T five."""
    return " ".join(name(character) for character in text if not character.isspace())


def name(character: str) -> str:
    """A letter in capitals, which are read by their names; a digit in words; a sign by its name."""
    if character.isdecimal():
        return DIGITS[unicodedata.decimal(character)]
    if character.isalpha():
        capital = character.upper()
        return capital if len(capital) == 1 else character
    known = NAMES.get(character) or unicodedata.name(character, "").lower()
    return known if known and len(known) <= LONGEST_NAME else "symbol"


def say_digits(text: str) -> str:
    """`1.05` -> one point zero five; other signs only part digits."""
    told = (character for character in text if character == "." or character.isdecimal())
    return " ".join("point" if character == "." else DIGITS[unicodedata.decimal(character)] for character in told)
