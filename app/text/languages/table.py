"""The table of a language: its file `de.toml` or `pt.toml` beside this module, or what num2words knows.

The patterns that all languages share are built from it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
"""The language that `app.text.normalization` reads."""
MAX_CODE_CHARS = 24
Pairs = Sequence[tuple[str, str]]
"""Regular expressions, each with what replaces its matches."""


@dataclass(frozen=True, eq=False)
class Language:
    """How a language writes and reads numbers, dates and abbreviations.

    The names of units and currencies are written as `gender singular|plural`. Alternatives of words are written as in a
    regular expression.
    """

    code: str
    """Language, perhaps with its region, in small letters: `pt-br`."""
    name: str = ""
    num2words: str = ""
    """Name of num2words' converter; empty if it has none."""
    complete: bool = False
    """Whether there is a table; otherwise only whole and decimal numbers are read."""
    decimal: str = ","
    grouping: str = ".'"
    """Signs between groups of three digits, besides a blank."""
    point: str = ""
    """Word for the decimal sign."""
    dot: str = ""
    """Word for a dot in addresses and versions."""
    spells_decimals: bool = False
    """Whether the digits after the decimal sign are read one by one."""
    spells_years: bool = False
    """Whether 1100 to 1999 are read by hundreds."""
    pairs_in_phones: bool = False
    """Whether groups of two digits in telephone numbers are read as numbers."""
    phone_words: str = ""
    """Words before a telephone number, which then needs no zero or plus sign at its beginning."""
    minus: str = ""
    to: str = ""
    """Word between the ends of a range."""
    ratio: str = ""
    """Word between the numbers of a score."""
    singular_below: int = 0
    """Decimals below it take the singular of a unit; 0 if only 1 does."""
    corrections: Pairs = ()
    """Corrections of num2words."""
    agreement: Mapping[str, Pairs] = field(default_factory=dict)
    """Changes of the words of a number before a noun, and of an ordinal, by gender or form."""
    noun: str = r"[^\W\d_]{2,40}"
    """A word after a number that may be the noun that it counts."""
    no_nouns: str = ""
    """Words after a number that are no nouns."""
    feminine: str = ""
    """Nouns that are feminine."""
    months: Mapping[str, str] = field(default_factory=dict)
    """Names in order, with their abbreviations."""
    date: str = "{day} {month} {year}"
    short_date: str = "{day} {month}"
    first: str = ""
    """Word for the first day of a month; empty if days are ordinals."""
    dotted_days: bool = False
    """Whether a day and a month with full stops are a date without a year: `3.5.`."""
    time: Mapping[str, str] = field(default_factory=dict)
    """`hour` (gender and names), readings of a `full` hour, of `minutes` and `seconds`, `suffix` and words `before`."""
    money: str = "{whole} {unit} {part}"
    currencies: Mapping[str, str] = field(default_factory=dict)
    """Names of a currency and of its hundredth part, by its signs and codes."""
    scales: Mapping[str, str] = field(default_factory=dict)
    """Large numbers by their names and abbreviations."""
    of: str = ""
    """Word between a large number and what it counts."""
    elided_of: str = ""
    """The same before a vowel."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Names of units by their symbols."""
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    before_numbers: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations that are read only before a number."""
    before_names: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations that are read only before a capital letter."""
    may_end: str = ""
    """Abbreviations whose full stop may also end a sentence."""
    starters: str = ""
    """Words that begin a sentence even after an abbreviation, an initial or an ordinal; without any, a capital letter
    does after an abbreviation."""
    ordinal_dot: bool = False
    """Whether a full stop makes an ordinal of a number."""
    glued: str = ""
    """Endings that make one word of a number and themselves."""
    ordinals: Mapping[str, str] = field(default_factory=dict)
    """Forms of ordinals, by the letters after the digits."""
    endings: Pairs = ()
    """Forms of an ordinal with a full stop, each with a pattern of the words before it (`<`) or after it (`>`)."""
    fractions: Mapping[str, str] = field(default_factory=dict)
    """Singular and plural of a part, by the denominator."""
    half: str = ""
    """Reading of a number and a half."""
    over: str = ""
    """Word for the line of a fraction without a name."""
    signs: Mapping[str, str] = field(default_factory=dict)
    roman: Pairs = ()
    """Patterns in which `<R>` is a Roman numeral, with what is read; `{n}` is its value in digits."""
    rewrites: Pairs = ()
    """Replacements before all other steps."""
    spelled: str = ""
    """Abbreviations of capitals that are read letter by letter, although they look like words."""
    conjunctions: str = ""
    """Words before which a long sentence may be cut."""
    regions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What differs in a region, by its code."""

    def list_abbreviations(self) -> frozenset[str]:
        """Return the abbreviations that end with a full stop."""
        tables = (self.abbreviations, self.before_numbers, self.before_names)
        return frozenset(name for table in tables for name in table if name.endswith("."))

    @property
    def reads_numbers(self) -> bool:
        """Whether numbers are read in words."""
        return bool(self.num2words)


def get_base_language(language: str) -> str:
    """Return a language without its region: `en-US` -> en."""
    return language.replace("_", "-").split("-")[0].lower()


@lru_cache(256)
def load_language(code: str) -> Language:
    """Return the table of a language such as `de`, `de-DE` or `pt_BR`; one without a file knows numbers at most."""
    code = code.replace("_", "-").lower()[:MAX_CODE_CHARS]
    base = get_base_language(code)
    file = Path(__file__).with_name(f"{base if base.isalpha() else '-'}.toml")
    if not file.is_file():
        return Language(code, name=code, num2words=find_converter(code, base))
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    for region, changes in values.pop("regions", {}).items():
        for name, value in changes.items() if code in region.split() else ():
            values[name] = {**values[name], **value} if isinstance(value, dict) else value
    return Language(code, complete=True, **values)


def find_converter(code: str, base: str) -> str:
    """Return the name of num2words' converter for a language; empty if there is none."""
    from num2words import CONVERTER_CLASSES

    language, _, region = code.partition("-")
    names = (f"{language}_{region.upper()}", {"nb": "no", "nn": "no", "kk": "kz"}.get(base, base))
    return next((name for name in names if name in CONVERTER_CLASSES), "")


def list_languages() -> list[Language]:
    """Return the languages that have a table."""
    return [load_language(file.stem) for file in sorted(Path(__file__).parent.glob("*.toml"))]


ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?<=[IVXLCDM])"
FINAL = re.compile(r"[\s\"')\]}»”]{0,8}\Z")
"""The end of a text after a full stop, which then also ends the sentence."""
BEFORE = r"(?<![^\W_])(?<!\d[.,:])(?<!\d[–/-])"
"""Nothing of a longer number, word or date before a number."""
AFTER = r"(?![^\W_]|[.,:]\d)"
"""Nothing of a longer number, word or date after a number."""


def join(words: Iterable[str]) -> str:
    """Return words as alternatives, longest first; a blank in them may be missing."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", " ?") for word in ordered) or r"(?!)"


def make_number(language: Language) -> str:
    """Return the pattern of a number, grouped or not, perhaps with decimals; nothing may be added to its end."""
    signs = [re.escape(sign) for sign in (*language.grouping, " ")]
    grouped = "|".join(rf"[1-9]\d{{0,2}}(?:{sign}\d{{3}}){{1,5}}(?!\d|{sign}\d)" for sign in signs)
    return rf"(?:(?:{grouped}|\d++)(?:{re.escape(language.decimal)}\d++)?)"


def make_words(words: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of abbreviations, which letters neither precede nor follow."""
    return re.compile(rf"(?<![^\W_])(?<![^\W_][.'])(?:{join(words)})(?![^\W_])")


def parse_roman(numeral: str) -> int:
    """Return the value of a Roman numeral."""
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
