"""Read numbers of any language as words, with num2words and the corrections of the language's table."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from num2words import num2words

from app.text.languages.table import Language, Pairs

MAX_DIGITS = 15
"""Maximum digits of a number; a longer one is a code, which is read digit by digit."""
FIRST_YEAR, LAST_YEAR = 1100, 1999
"""Years that some languages read by hundreds."""


def replace_all(text: str, pairs: Pairs) -> str:
    """Apply regular expressions to a few words."""
    for pattern, replacement in pairs:
        text = re.sub(pattern, replacement, text)
    return text


def convert(number: int | Decimal, language: Language, to: str = "cardinal") -> str:
    """Return num2words' reading of a number; its digits if the converter does not support it."""
    try:
        words = str(num2words(number, lang=language.num2words, to=to))
    except (NotImplementedError, OverflowError, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return str(number)
    return replace_all(" ".join(words.replace(",", "").split()), language.corrections)


@lru_cache(8192)
def read_cardinal(digits: str, language: Language, gender: str = "") -> str:
    """Read a cardinal as it stands before a noun of a gender, or alone; a leading zero means a code."""
    if len(digits) > MAX_DIGITS or (len(digits) > 1 and digits.startswith("0")):
        return spell_digits(digits, language)
    return replace_all(convert(int(digits), language), language.agreement.get(gender, ()))


def spell_digits(digits: str, language: Language) -> str:
    """Read digit by digit; skip other characters."""
    return " ".join(read_cardinal(str(int(digit)), language) for digit in digits if digit.isdecimal())


@lru_cache(2048)
def read_ordinal(digits: str, language: Language, form: str = "") -> str:
    """Read an ordinal in a form of the table."""
    if len(digits) > MAX_DIGITS or not int(digits):
        return spell_digits(digits, language)
    return replace_all(convert(int(digits), language, "ordinal"), language.agreement.get(form, ()))


def read_year(digits: str, language: Language) -> str:
    """Read a year."""
    if language.spells_years and len(digits) == 4 and FIRST_YEAR <= int(digits) <= LAST_YEAR:
        return convert(int(digits), language, "year")
    return read_cardinal(digits, language)


def split_number(written: str, language: Language) -> tuple[str, str]:
    """Return the digits before and after the decimal sign of a number, without grouping."""
    whole, _, fraction = written.partition(language.decimal)
    return "".join(filter(str.isdecimal, whole)) or "0", fraction


def read_number(written: str, language: Language, gender: str = "", *, may_be_year: bool = False) -> str:
    """Read a whole or decimal number as the language writes it."""
    whole, fraction = split_number(written, language)
    if not fraction:
        is_year = may_be_year and whole == written and len(whole) == 4
        return read_year(whole, language) if is_year else read_cardinal(whole, language, gender)
    if not language.point:
        short = len(whole) + len(fraction) <= MAX_DIGITS
        return convert(Decimal(f"{whole}.{fraction}"), language) if short else spell_digits(whole + fraction, language)
    if language.spells_decimals or fraction.startswith("0") or len(fraction) > 3:
        return f"{read_cardinal(whole, language)} {language.point} {spell_digits(fraction, language)}"
    return f"{read_cardinal(whole, language)} {language.point} {read_cardinal(fraction, language)}"


def choose_form(written: str, language: Language, forms: str) -> tuple[str, str]:
    """Return the gender of a noun (`f Stunde|Stunden`) and its form after a number."""
    gender, _, names = forms.partition(" ")
    singular, _, plural = names.partition("|")
    whole, fraction = split_number(written, language)
    if fraction:
        is_one = len(whole) < MAX_DIGITS and int(whole) < language.singular_below
    else:
        is_one = len(whole) < MAX_DIGITS and (int(whole) == 1 or int(whole) < language.singular_below)
    return gender, singular if is_one else plural or singular
