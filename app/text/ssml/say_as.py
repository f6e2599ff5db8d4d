"""What `say-as` names -> how the text is read: one table of kinds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.text.cleaning import clean
from app.text.dates import HOUR, TIME, hour, time_of_day
from app.text.money import say_amounts
from app.text.numbers import cardinal, decimal, fraction, ordinal, spell_digits
from app.text.ssml.calendar import WORDS, read_date
from app.text.ssml.readings import Speak
from app.text.ssml.spelling import say_digits, spell

LONGEST = 40
"""Characters of a number, a date or an amount; a longer text is none."""
CARDINAL = re.compile(r"(-?)(\d[\d,]{0,24})(?:\.(\d{1,15}))?")
ORDINAL = re.compile(r"(\d[\d,]{0,24})(?:st|nd|rd|th)?", re.IGNORECASE)
FRACTION = re.compile(r"(-?)(?:(\d{1,6})(?: ?\+ ?| ))?(\d{1,6}) ?/ ?(\d{1,6})")
PHONE = re.compile(r"(?=(?:\D*\d){2})(\+?)([\d ()./-]{2,30})(?:(?:x|ext\.?) ?(\d{1,6}))?", re.IGNORECASE)
MINUTES = re.compile(r"(\d{1,3})' ?(?:(\d{1,2})(?:\"|''))?")
DIGITS = re.compile(r"[\d ,.()-]+")
LARGEST_DENOMINATOR = 100
"""Beyond it a fraction is read with `over`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One value of `interpret-as`."""

    read: Callable[[str, str], Speak | None]
    """Text, without needless white space and signs, and format -> its words; None where the text does not fit."""
    formats: tuple[str, ...] = ()
    signs: Callable[[str], str] | None = None
    """Reads any stretch of a text that fits, where it is read sign by sign and so can be cut anywhere."""


def matched(pattern: re.Pattern[str], say: Callable[[re.Match[str]], str]) -> Callable[[str, str], Speak | None]:
    """A reading of what fits a pattern."""

    def read(text: str, _: str) -> Speak | None:
        match = pattern.fullmatch(text)
        return partial(say, match) if match else None

    return read


def say_cardinal(match: re.Match[str]) -> str:
    """`-1,234.5` -> minus one thousand two hundred and thirty-four point five."""
    sign, whole, rest = match.groups()
    return ("minus " if sign else "") + (decimal(f"{whole}.{rest}") if rest else cardinal(whole))


def say_fraction(match: re.Match[str]) -> str:
    """`3+1/2` -> three and a half; `3/200` -> three over two hundred."""
    sign, whole, above, below = match.groups()
    if 1 < int(below) <= LARGEST_DENOMINATOR and int(above):
        words = fraction(str(int(above)), str(int(below)))
    else:
        words = f"{cardinal(str(int(above)))} over {cardinal(str(int(below)))}"
    if whole:
        words = f"{cardinal(str(int(whole)))} and {words}"
    return ("minus " if sign else "") + words


def say_phone(match: re.Match[str]) -> str:
    """Digit by digit, with a breath between groups."""
    plus, number, extension = match.groups()
    groups = ", ".join(spell_digits(group) for group in re.findall(r"\d+", number))
    return ("plus " if plus else "") + groups + (f", extension {spell_digits(extension)}" if extension else "")


def say_minutes(match: re.Match[str]) -> str:
    """`1'21"` -> one minute and twenty-one seconds."""
    words = counted(match[1], "minute")
    return f"{words} and {counted(match[2], 'second')}" if match[2] else words


def counted(digits: str, unit: str) -> str:
    """`1` -> one minute, `2` -> two minutes."""
    return f"{cardinal(str(int(digits)))} {unit}{'' if int(digits) == 1 else 's'}"


def read_time(text: str, _: str) -> Speak | None:
    """A time of day, or minutes and seconds."""
    text = text.removesuffix(".")  # of `p.m.`, which would end the sentence
    for pattern, say in ((TIME, time_of_day), (HOUR, hour), (MINUTES, say_minutes)):
        match = pattern.fullmatch(text)
        if match:
            return partial(say, match)
    return None


def read_currency(text: str, _: str) -> Speak | None:
    """`$42.01`, `99.9 USD`."""
    words = say_amounts(text)
    return None if words == text or not WORDS.fullmatch(words) else lambda: words


def read_characters(text: str, _: str) -> Speak | None:
    """Any text, letter by letter."""
    return partial(spell, text)


CHARACTERS = Kind(read_characters, signs=spell)
NUMBER = Kind(matched(CARDINAL, say_cardinal))
BY_DIGITS = Kind(matched(DIGITS, lambda match: say_digits(match[0])), signs=say_digits)
KINDS = {
    "characters": CHARACTERS,
    "spell-out": CHARACTERS,
    "cardinal": NUMBER,
    "number": NUMBER,
    "ordinal": Kind(matched(ORDINAL, lambda match: ordinal(match[1]))),
    "digits": BY_DIGITS,
    "number_digit": BY_DIGITS,
    "fraction": Kind(matched(FRACTION, say_fraction)),
    "telephone": Kind(matched(PHONE, say_phone)),
    "currency": Kind(read_currency),
    "date": Kind(read_date, ("dmy", "mdy", "ymd", "ydm", "ym", "my", "md", "dm", "d", "m", "y")),
    "time": Kind(read_time, ("hms12", "hms24")),
}


def read_as(kind: Kind, text: str, form: str) -> Speak | None:
    """The words of a text; None where it is none of its kind."""
    if kind.signs:
        return kind.read(text, form)
    return kind.read(" ".join(clean(text).split()), form) if len(text) <= LONGEST else None
