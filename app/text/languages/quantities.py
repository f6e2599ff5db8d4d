"""Read amounts of money, and numbers with units."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.text.languages.numbers import choose_form, read_cardinal, read_number, split_number
from app.text.languages.patterns import BEFORE, FINAL, join
from app.text.languages.table import Language

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
