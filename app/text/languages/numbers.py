"""Read numbers, money and units of any language as words, with num2words and corrections of the language's table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from num2words import num2words

from app.text.languages.table import BEFORE, FINAL, Language, Pairs, join

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


VOWEL = re.compile(r"[aeiouyhàâéèêëîïôûAEIOUYÉ]")


class QuantityReader:
    """Reader of the money and the units of one language."""

    def __init__(self, language: Language, number: str) -> None:
        self.language = language
        self.currencies = spread(language.currencies)
        self.scales = spread(language.scales)
        self.units = spread(language.units)
        names = {name: forms for forms in language.currencies.values() for name in list_forms(forms.partition(", ")[0])}
        symbols = join(self.currencies)
        self.currencies |= {name: forms for name, forms in names.items() if name not in self.currencies}
        scale = rf"(?: ?({join(self.scales)})(?![^\W_]))?"
        more = r"(?![^\W_]|[.,:]?\d)"
        self.prefixed = re.compile(rf"(?<![^\W_])({symbols}) ?({number}){scale}{more}")
        of = rf"(?: (?:{re.escape(language.of)} |{re.escape(language.elided_of)}))?" if language.of else ""
        self.suffixed = re.compile(rf"{BEFORE}({number}){scale}{of} ?({join(self.currencies)})(?![^\W_])")
        self.scaled = re.compile(rf"{BEFORE}({number}) ?({join(self.scales)})(?![^\W_])")
        self.measure = re.compile(rf"{BEFORE}({number}) ?({join(self.units)})(?![^\W_])(?!/[^\W_])")

    def read_money(self, text: str) -> str:
        """Read amounts of money, and numbers in millions."""
        if not any(map(str.isdigit, text)):
            return text
        text = self.prefixed.sub(lambda m: self.read_amount(m[2], m[3], m[1]), text)
        text = self.suffixed.sub(lambda m: self.read_amount(m[1], m[2], m[3]), text)
        return self.scaled.sub(lambda m: self.read_scaled(m[1], m[2]), text)

    def read_scaled(self, number: str, scale: str) -> str:
        """Read a number of millions."""
        gender, name = choose_form(number, self.language, self.scales[scale])
        return f"{read_number(number, self.language, gender)} {name}"

    def read_amount(self, number: str, scale: str | None, symbol: str) -> str:
        """Read an amount of money."""
        language = self.language
        main, _, part = self.currencies[symbol].partition(", ")
        whole, fraction = split_number(number, language)
        if scale:
            plural = choose_form("2", language, main)[1]
            return f"{self.read_scaled(number, scale)} {self.join_of(plural)}"
        if len(fraction) != 2 or not part:
            gender, name = choose_form(number, language, main)
            return self.join_noun(read_number(number, language, gender), name)
        gender, name = choose_form(whole, language, main)
        cents = str(int(fraction))
        part_gender, part_name = choose_form(cents, language, part)
        words = f"{read_cardinal(cents, language, part_gender)} {part_name}"
        if whole == "0" and cents != "0":
            return words
        amount = read_cardinal(whole, language, gender)
        if cents == "0":
            return self.join_noun(amount, name)
        return language.money.format(
            whole=amount, unit=name, part=read_cardinal(cents, language, part_gender), subunit=part_name
        )

    def join_noun(self, words: str, name: str) -> str:
        """Return a number before a noun, with the word that follows a round million."""
        last = words.rpartition(" ")[2]
        is_scale = any(last in list_forms(forms) for forms in self.language.scales.values())
        return f"{words} {self.join_of(name) if is_scale else name}"

    def join_of(self, name: str) -> str:
        """Return a noun after a large number."""
        if self.language.elided_of and VOWEL.match(name):
            return self.language.elided_of + name
        return f"{self.language.of} {name}" if self.language.of else name

    def read_units(self, text: str) -> str:
        """Read numbers with units."""
        if not any(map(str.isdigit, text)):
            return text
        return self.measure.sub(self.read_measure, text)

    def read_measure(self, match: re.Match[str]) -> str:
        """Read a number with its unit."""
        gender, name = choose_form(match[1], self.language, self.units[match[2]])
        ends = match[2].endswith(".") and FINAL.match(match.string, match.end())
        return self.join_noun(read_number(match[1], self.language, gender), name) + ("." if ends else "")


def spread(table: Mapping[str, str]) -> dict[str, str]:
    """Return a table with a row for each of the signs in its keys."""
    return {sign: forms for signs, forms in table.items() for sign in signs.split(", ")}


def list_forms(forms: str) -> list[str]:
    """Return the singular and the plural of a noun."""
    return forms.partition(" ")[2].split("|")
