"""Read text as the value of `interpret-as` on `say-as` requires: one table of kinds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.text.normalization.cleaning import clean
from app.text.normalization.dates import (
    expand_year,
    verbalize_dates,
    verbalize_hour,
    verbalize_time,
)
from app.text.normalization.heteronyms import mark_letters
from app.text.normalization.numbers import (
    DIGITS,
    MONTHS,
    spell_digits,
    verbalize_cardinal,
    verbalize_fraction,
    verbalize_ordinal,
    verbalize_year,
)
from app.text.normalization.quantities import verbalize_amounts
from app.text.normalization.rules import Form, RuleTable
from app.text.phonetic import mark_reading
from app.text.word_tables import TABLES

Verbalizer = Callable[[], str]
"""Function that returns the words to read in English."""
STRETCH_CHARS = 8
"""Characters of one stretch of a text that is read sign by sign; the text can be cut between stretches."""
MAX_NAME_CHARS = 24
"""Maximum characters of a sign's Unicode name; a longer one would distract the listener from the rest."""


def spell(text: str) -> str:
    """Spell a text: `can't 5` -> C A N apostrophe T five."""
    return " ".join(name_character(character) for character in text if not character.isspace())


def name_character(character: str) -> str:
    """Return a letter as a capital, which is read by its name; a digit as a word; a sign as its name."""
    if character.isdecimal():
        return DIGITS[unicodedata.decimal(character)]
    if character.isalpha():
        capital = character.upper()
        if capital == "A":
            return mark_reading("'eI", capital)  # no article
        return capital if len(capital) == 1 else character
    known = TABLES["sign_names"].get(character) or unicodedata.name(character, "").lower()
    return known if known and len(known) <= MAX_NAME_CHARS else "symbol"


def verbalize_digits(text: str) -> str:
    """Read digit by digit: `1.05` -> one point zero five; other signs only separate digits."""
    spoken_characters = (character for character in text if character == "." or character.isdecimal())
    return " ".join(
        "point" if character == "." else DIGITS[unicodedata.decimal(character)] for character in spoken_characters
    )


DATE_PARTS = {
    "d": r"(?P<d>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?",
    "m": r"(?P<m>0?[1-9]|1[0-2]|[A-Za-z]{3,9})\.?",
    "y": r"(?P<y>\d{4}|\d\d)",
}
DATE_SEPARATOR = r"[-/., ]{1,3}"
ORDERS = ("dmy", "mdy", "ymd", "ydm", "ym", "my", "md", "dm", "d", "m", "y")
PATTERNS = {
    order: re.compile(DATE_SEPARATOR.join(DATE_PARTS[part] for part in order), re.IGNORECASE) for order in ORDERS
}
DEFAULT_ORDERS = ("mdy", "ymd", "dmy", "my", "ym", "md", "y")
"""Orders tried for a date without a format: those usual in the United States first."""
COMPACT_DATE = re.compile(r"(?P<y>\d{4}|\?{4})(?P<m>0[1-9]|1[0-2]|\?\?)(?P<d>0[1-9]|[12]\d|3[01]|\?\?)")
"""Year, month and day in eight digits; question marks stand for unknown parts."""

WORDS = re.compile(r"[A-Za-z ,-]+")
"""An amount or a date after all of it has been replaced with words."""


def read_date(text: str, order: str) -> Verbalizer | None:
    """Return the reading of a date in an order, or in any usual one if it is empty; None if the text is no date."""
    unbroken = COMPACT_DATE.fullmatch(text)
    if unbroken and order in ("", "ymd"):
        return partial(verbalize_date, unbroken, "ymd")
    if order:
        return read_ordered_date(text, order)
    words = verbalize_dates(text)
    if words != text and WORDS.fullmatch(words):
        return lambda: words
    return next((speak for one in DEFAULT_ORDERS if (speak := read_ordered_date(text, one))), None)


def read_ordered_date(text: str, order: str) -> Verbalizer | None:
    """Return the reading of a date written in this order; None if the text is not one."""
    match = PATTERNS[order].fullmatch(text)
    if not match or ("m" in order and not find_month(match["m"])):
        return None
    return partial(verbalize_date, match, order)


def verbalize_date(match: re.Match[str], order: str) -> str:
    """Read a date: day first if the order begins with it, else as in `September tenth nineteen sixty`."""
    parts = {part: text for part, text in match.groupdict().items() if "?" not in text}
    day = verbalize_ordinal(str(int(parts["d"]))) if "d" in parts else ""
    name = find_month(parts["m"]) if "m" in parts else ""
    if day and name:
        name, day = (f"the {day} of {name}", "") if order.startswith("d") else (name, day)
    return " ".join(word for word in (name, day, verbalize_optional_year(parts.get("y", ""))) if word)


def verbalize_optional_year(digits: str) -> str:
    """Read a year, such as `1960` or `60`; return an empty string if there is none."""
    return verbalize_year(expand_year(digits) if len(digits) == 2 else digits) if digits else ""


def find_month(written: str) -> str:
    """Return the name of a month: `9`, `Sept` -> September; empty if there is no such month."""
    if written.isdecimal():
        return MONTHS[int(written) - 1]
    return next((name for name in MONTHS if name.lower().startswith(written.lower())), "")


MAX_CHARS = 40
"""Maximum characters of a number, a date or an amount; a longer text is none of them."""
MAX_DENOMINATOR = 100
"""A fraction with a larger denominator is read with `over`."""


@dataclass(frozen=True, slots=True)
class SayAsKind:
    """A value of `interpret-as`."""

    read: Callable[[str, str], Verbalizer | None]
    """Function from text (cleaned, unless `signs` is set) and a format to a reading; None if the text does not fit."""
    formats: tuple[str, ...] = ()
    signs: Callable[[str], str] | None = None
    """Function that reads any stretch of a fitting text, if it is read sign by sign and so can be cut anywhere."""


def make_reader(step: str, *functions: Form) -> Callable[[str, str], Verbalizer | None]:
    """Return a reader of texts that match a pattern of a step of `rules.tsv`."""
    rules = RuleTable(step, *functions)
    return lambda text, _: rules.read(text)


def verbalize_mixed_fraction(match: re.Match[str]) -> str:
    """Read a fraction: `3+1/2` -> three and a half; `3/200` -> three over two hundred."""
    sign, whole, above, below = match.groups()
    if 1 < int(below) <= MAX_DENOMINATOR and int(above):
        words = verbalize_fraction(str(int(above)), str(int(below)))
    else:
        words = f"{verbalize_cardinal(str(int(above)))} over {verbalize_cardinal(str(int(below)))}"
    if whole:
        words = f"{verbalize_cardinal(str(int(whole)))} and {words}"
    return ("minus " if sign else "") + words


def spell_groups(number: str) -> str:
    """Read a telephone number digit by digit, with a comma between groups."""
    return ", ".join(map(spell_digits, re.findall(r"\d+", number)))


TIMES = RuleTable("say-as time", verbalize_time, verbalize_hour)


def read_time(text: str, _: str) -> Verbalizer | None:
    """Return the reading of a time of day, or of minutes and seconds; None if the text is neither."""
    # The dot of `p.m.` would end the sentence.
    speak = TIMES.read(text.removesuffix("."))
    return (lambda: mark_letters(speak())) if speak else None


def read_currency(text: str, _: str) -> Verbalizer | None:
    """Return the reading of an amount such as `$42.01` or `99.9 USD`; None if the text is no amount."""
    words = verbalize_amounts(text)
    return None if words == text or not WORDS.fullmatch(words) else lambda: words


def read_characters(text: str, _: str) -> Verbalizer | None:
    """Return the reading of any text, character by character."""
    return partial(spell, text)


CHARACTERS = SayAsKind(read_characters, signs=spell)
NUMBER = SayAsKind(make_reader("say-as number"))
BY_DIGITS = SayAsKind(make_reader("say-as digits", verbalize_digits), signs=verbalize_digits)
KINDS = {
    "characters": CHARACTERS,
    "spell-out": CHARACTERS,
    "cardinal": NUMBER,
    "number": NUMBER,
    "ordinal": SayAsKind(make_reader("say-as ordinal")),
    "digits": BY_DIGITS,
    "number_digit": BY_DIGITS,
    "fraction": SayAsKind(make_reader("say-as fraction", verbalize_mixed_fraction)),
    "telephone": SayAsKind(make_reader("say-as telephone", spell_groups)),
    "currency": SayAsKind(read_currency),
    "date": SayAsKind(read_date, ("dmy", "mdy", "ymd", "ydm", "ym", "my", "md", "dm", "d", "m", "y")),
    "time": SayAsKind(read_time, ("hms12", "hms24")),
}


def read_as(kind: SayAsKind, text: str, form: str) -> Verbalizer | None:
    """Return the reading of a text as a kind; None if the text does not fit."""
    if kind.signs:
        return kind.read(text, form)
    return kind.read(" ".join(clean(text).split()), form) if len(text) <= MAX_CHARS else None
