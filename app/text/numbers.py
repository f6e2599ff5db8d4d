"""Digits -> words: cardinals, ordinals, decimals, years, fractions, digit by digit."""

from __future__ import annotations

from num2words import num2words

LONGEST_CARDINAL = 15
"""Digits; a longer number is a code, which is read digit by digit."""
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DENOMINATORS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}


def cardinal(digits: str) -> str:
    """`1234` or `1,234` -> one thousand two hundred and thirty-four; a leading zero means a code."""
    digits = digits.replace(",", "")
    if len(digits) > LONGEST_CARDINAL or (len(digits) > 1 and digits.startswith("0")):
        return spell_digits(digits)
    return str(num2words(int(digits))).replace(",", "")


def ordinal(digits: str) -> str:
    """`21` -> twenty-first."""
    digits = digits.replace(",", "")
    if len(digits) > LONGEST_CARDINAL:
        return spell_digits(digits)
    return str(num2words(int(digits), to="ordinal")).replace(",", "")


def spell_digits(digits: str) -> str:
    """`007` -> zero zero seven; what is no digit is left out."""
    return " ".join(DIGITS[int(digit)] for digit in digits if digit.isdecimal())


def decimal(number: str) -> str:
    """`3.14` -> three point one four; `.5` -> zero point five; without a point a cardinal."""
    whole, point, fraction = number.partition(".")
    words = cardinal(whole) if whole else "zero"
    return f"{words} point {spell_digits(fraction)}" if point and fraction else words


def year(digits: str) -> str:
    """`1905` -> nineteen oh five; `2005` -> two thousand and five; `2024` -> twenty twenty-four."""
    number = int(digits)
    if number < 1010 or 2000 <= number < 2010 or number % 1000 == 0:
        return cardinal(str(number))
    century, rest = divmod(number, 100)
    if rest == 0:
        return f"{cardinal(str(century))} hundred"
    tail = f"oh {DIGITS[rest]}" if rest < 10 else cardinal(str(rest))
    return f"{cardinal(str(century))} {tail}"


def decade(digits: str) -> str:
    """`1990` or `90` -> nineteen nineties, nineties."""
    words = year(digits) if len(digits) == 4 else cardinal(digits)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def fraction(numerator: str, denominator: str) -> str:
    """`3`, `4` -> three quarters."""
    plural = numerator != "1"
    if denominator in DENOMINATORS:
        name = DENOMINATORS[denominator][plural]
    else:
        name = ordinal(denominator) + ("s" if plural else "")
    return f"{'a' if numerator == '1' and denominator == '2' else cardinal(numerator)} {name}"
