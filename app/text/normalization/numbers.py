"""Read numbers, years, decades, months, fractions and units of measure as words."""

from __future__ import annotations

from functools import lru_cache

from num2words import num2words

from app.text.word_tables import TABLES, join_alternatives

MAX_CARDINAL_DIGITS = 15
"""Maximum digits of a number; a longer one is a code, which is read digit by digit."""
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DENOMINATORS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}


@lru_cache(4096)
def verbalize_cardinal(digits: str) -> str:
    """Read a cardinal: `1234` or `1,234` -> one thousand two hundred and thirty-four; a leading zero means a code."""
    digits = digits.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS or (len(digits) > 1 and digits.startswith("0")):
        return spell_digits(digits)
    return str(num2words(int(digits))).replace(",", "")


@lru_cache(1024)
def verbalize_ordinal(digits: str) -> str:
    """Read an ordinal: `21` -> twenty-first."""
    digits = digits.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS:
        return spell_digits(digits)
    return str(num2words(int(digits), to="ordinal")).replace(",", "")


def spell_digits(digits: str) -> str:
    """Read digit by digit: `007` -> zero zero seven; skip other characters."""
    return " ".join(DIGITS[int(digit)] for digit in digits if digit.isdecimal())


def verbalize_decimal(number: str) -> str:
    """Read a decimal: `3.14` -> three point one four; `.5` -> zero point five; a cardinal if it has no point."""
    whole, point, fraction = number.partition(".")
    words = verbalize_cardinal(whole) if whole else "zero"
    return f"{words} point {spell_digits(fraction)}" if point and fraction else words


def verbalize_year(digits: str) -> str:
    """Read a year: `1905` -> nineteen oh five; `2005` -> two thousand and five; `2024` -> twenty twenty-four."""
    number = int(digits)
    if number < 1010 or 2000 <= number < 2010 or number % 1000 == 0:
        return verbalize_cardinal(str(number))
    century, rest = divmod(number, 100)
    if rest == 0:
        return f"{verbalize_cardinal(str(century))} hundred"
    tail = f"oh {DIGITS[rest]}" if rest < 10 else verbalize_cardinal(str(rest))
    return f"{verbalize_cardinal(str(century))} {tail}"


def verbalize_decade(digits: str) -> str:
    """Read a decade: `1990` -> nineteen nineties; `90` -> nineties."""
    words = verbalize_year(digits) if len(digits) == 4 else verbalize_cardinal(digits)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def verbalize_fraction(numerator: str, denominator: str) -> str:
    """Read a fraction: `3`, `4` -> three quarters."""
    plural = numerator != "1"
    if denominator in DENOMINATORS:
        name = DENOMINATORS[denominator][plural]
    else:
        name = verbalize_ordinal(denominator) + ("s" if plural else "")
    return f"{'a' if numerator == '1' and denominator == '2' else verbalize_cardinal(numerator)} {name}"


def verbalize_mixed_number(number: str) -> str:
    """Read a fraction: `3/8` -> three eighths, `2 1/2` -> two and a half."""
    whole, _, fraction = number.rpartition(" ")
    numerator, _, denominator = fraction.partition("/")
    if not 2 <= int(denominator) <= 100 or int(numerator) == 0:
        words = f"{verbalize_cardinal(numerator)} over {verbalize_cardinal(denominator)}"
    elif int(numerator) > int(denominator) > 12:
        words = f"{verbalize_cardinal(numerator)} over {verbalize_cardinal(denominator)}"
    else:
        words = verbalize_fraction(str(int(numerator)), str(int(denominator)))
    if not whole:
        return words
    if numerator == "1":
        words = "a " + words.removeprefix("one ").removeprefix("a ")
    return f"{verbalize_cardinal(whole)} and {words}"


def verbalize_integer(digits: str) -> str:
    """Read a whole number or a year: `1984` -> nineteen eighty-four, `2,000` -> two thousand."""
    looks_like_year = len(digits) == 4 and 1100 <= int(digits) <= 2099 and int(digits) % 100
    return verbalize_year(digits) if looks_like_year else verbalize_cardinal(digits)


def verbalize_number(number: str) -> str:
    """Read a number by itself; four digits without a comma that look like a year are read as a year."""
    return verbalize_decimal(number) if "." in number else verbalize_integer(number)


def name_month(written: str) -> str:
    """Return the full name of a month: `Sept.` or `9` -> September."""
    if written.isdecimal():
        return MONTHS[int(written) - 1]
    return next(name for name in MONTHS if name.startswith(written[:3].capitalize()))


def name_weekday(name: str) -> str:
    """Return the full name of a weekday: `Tues` -> Tuesday."""
    return next(day for day in WEEKDAYS if day.startswith(name[:3].capitalize()))


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
