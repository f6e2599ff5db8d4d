"""Read numbers as words, and expand powers, scientific notation, multiples and short forms such as `1.5M`."""

from __future__ import annotations

import re

from num2words import num2words

MAX_CARDINAL_DIGITS = 15
"""Maximum digits of a number; a longer one is a code, which is read digit by digit."""
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DENOMINATORS = {"2": ("half", "halves"), "4": ("quarter", "quarters")}


def verbalize_cardinal(digits: str) -> str:
    """Read a cardinal: `1234` or `1,234` -> one thousand two hundred and thirty-four; a leading zero means a code."""
    digits = digits.replace(",", "")
    if len(digits) > MAX_CARDINAL_DIGITS or (len(digits) > 1 and digits.startswith("0")):
        return spell_digits(digits)
    return str(num2words(int(digits))).replace(",", "")


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


POWERS = {"2": "squared", "3": "cubed"}
COUNTABLE_NOUNS = (
    "people|users|followers|subscribers|views|viewers|copies|jobs|homes|tons|tonnes|dollars|euros|pounds|years|"
    "downloads|likes|visitors|customers|parameters|tokens|lines|rows|words"
)
LARGE = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "B": "billion", "bn": "billion"}
FOOTNOTE = re.compile(r"(?:(?<=[A-Za-z]{3})|(?<=[a-z][.,;:!?]))\^\d{1,3}(?!\d)")
POWER = re.compile(r"(?<=[\w)])\^\(?(-?)(\d{1,6})\)?")
SCIENTIFIC = re.compile(r"(?<![\w.,])(\d{1,15}(?:\.\d{1,15})?)[eE]([+-]?)(\d{1,3})(?!\w)")
SPACED_THOUSANDS = re.compile(r"(?<![\d.,] )(?<![\w.,])\d{1,3}(?: 000){1,5}(?![\w.,]?\d)")
BY = re.compile(r"(?<=\d) ?[xX] ?(?=\d)")
TIMES = re.compile(r"(?<![\w.,])(\d{1,9}(?:\.\d{1,9})?)[xX×](?= ?[a-z,.!?)]|$)")
DIFFERENCE = re.compile(r"(?<=\d) - (?=\d[\d.,]{0,15} ?=)")
SHARP = re.compile(r"\b([A-G])#(?!\w)")
SHORT_THING = re.compile(rf"(?<![\w.,])(\d{{1,6}}(?:\.\d{{1,6}})?)([kKmMB]|bn)(?= (?:{COUNTABLE_NOUNS})\b)")
SHORT_NUMBER = re.compile(
    r"(?<![\w.,$€£¥])(\d{1,6}\.\d{1,6}[kKMB]|\d{2,6}[kK]|\d{1,6}M|\d{1,6}bn)(?!\w)"
    r"(?! (?:run|race|gold|TV|video|screen|monitor|resolution))"
)


def expand_formulas(text: str) -> str:
    """Expand the notation around numbers before the numbers themselves are read."""
    text = SHARP.sub(r"\1 sharp", POWER.sub(verbalize_power, FOOTNOTE.sub("", text)))
    text = SCIENTIFIC.sub(expand_scientific, SPACED_THOUSANDS.sub(lambda m: m[0].replace(" ", ","), text))
    text = DIFFERENCE.sub(" minus ", BY.sub(" by ", TIMES.sub(r"\1 times", text)))
    text = SHORT_THING.sub(lambda m: f"{m[1]} {LARGE[m[2]]}", text)
    return SHORT_NUMBER.sub(expand_short_number, text)


def verbalize_power(match: re.Match[str]) -> str:
    """Read an exponent: `^2` -> squared, `^10` -> to the power of 10; a unit keeps its exponent for `UNITS`."""
    sign, digits = match[1], match[2]
    unit = re.search(r"\d ?(?:m/s|[kcm]?m)$", match.string[max(0, match.start() - 12) : match.start()])
    if unit and digits in POWERS and not sign:
        return match[0]
    words = f"to the power of {'minus ' if sign else ''}{digits}"
    return " " + (words if sign else POWERS.get(digits, words))


def expand_scientific(match: re.Match[str]) -> str:
    """Expand scientific notation: `3.2e-5` -> 3.2 times 10 to the power of minus 5."""
    sign = "minus " if match[2] == "-" else ""
    return f"{match[1]} times 10 to the power of {sign}{int(match[3])}"


def expand_short_number(match: re.Match[str]) -> str:
    """Expand a short form: `1.5M` -> 1.5 million."""
    digits = match[0].rstrip("kKMBbn")
    return f"{digits} {LARGE[match[0][len(digits) :]]}"
