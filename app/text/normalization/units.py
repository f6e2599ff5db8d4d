"""Units of measure with their symbols."""

from __future__ import annotations

from app.text.normalization.numbers import verbalize_decimal
from app.text.word_tables import TABLES, join_alternatives

SYMBOLS = {name: symbols.split(", ") for name, symbols in TABLES["units"].items()}
"""Symbols of each unit, by its name in the singular."""
PLURALS = TABLES["unit_plurals"]
UNITS = {symbol: name for name, symbols in SYMBOLS.items() for symbol in symbols}
UNIT_NAMES = join_alternatives(UNITS)
LENGTHS = {name: UNITS[name] for name in ("nm", "μm", "mm", "cm", "dm", "m", "km", "mi", "yd", "ft")} | {"in": "inch"}
"""Units whose symbol may have an exponent."""
LETTER_UNITS = TABLES["letter_units"]
"""Symbols of one letter that are units only after a space and at the end of a phrase."""


def pluralize(name: str) -> str:
    """Return the plural of a unit: `square foot` -> square feet, `mile per hour` -> miles per hour."""
    head, joint, rest = name, "", ""
    for word in (" per ", " of "):
        if word in name:
            head, joint, rest = name.partition(word)
            break
    words = head.split(" ")
    if words[0] == "degree":
        return " ".join(["degrees", *words[1:]])
    *before, last = words
    return " ".join([*before, PLURALS.get(last) or pluralize_prefixed(last)]) + joint + rest


def pluralize_prefixed(word: str) -> str:
    """Return the plural of one word, with any prefix: `kilohertz` -> kilohertz."""
    return word if word.endswith("hertz") else word + "s"


def name_unit(symbol: str) -> str:
    """Return the name of a unit, also one with an exponent: `cm3` -> cubic centimeter."""
    if symbol[-1] in "23":
        return ("square " if symbol[-1] == "2" else "cubic ") + LENGTHS[symbol[:-1].rstrip("^")]
    return UNITS.get(symbol) or {"d": "day", "in": "inch", '"': "inch"}.get(symbol, symbol)


def verbalize_quantity(number: str, unit: str) -> str:
    """Read a number with the name of a unit: `2`, `foot` -> two feet."""
    return f"{verbalize_decimal(number)} {unit if number == '1' else pluralize(unit)}"


def verbalize_whole(digits: str, unit: str = "") -> str:
    """Read a whole number, which may have leading zeros, with the name of a unit or without."""
    number = str(int(digits))
    return verbalize_quantity(number, unit) if unit else verbalize_decimal(number)
