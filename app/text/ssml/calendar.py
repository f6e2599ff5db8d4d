"""Dates whose order of day, month and year is told -> words."""

from __future__ import annotations

import re
from functools import partial

from app.text.dates import MONTHS, full_year, say_dates
from app.text.numbers import ordinal, year
from app.text.ssml.readings import Speak

PARTS = {
    "d": r"(?P<d>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?",
    "m": r"(?P<m>0?[1-9]|1[0-2]|[A-Za-z]{3,9})\.?",
    "y": r"(?P<y>\d{4}|\d\d)",
}
BETWEEN = r"[-/., ]{1,3}"
ORDERS = ("dmy", "mdy", "ymd", "ydm", "ym", "my", "md", "dm", "d", "m", "y")
PATTERNS = {order: re.compile(BETWEEN.join(PARTS[part] for part in order), re.IGNORECASE) for order in ORDERS}
UNTOLD = ("mdy", "ymd", "dmy", "my", "ym", "md", "y")
"""What a date without a format is tried as: what is usual in the United States first."""
UNBROKEN = re.compile(r"(?P<y>\d{4}|\?{4})(?P<m>0[1-9]|1[0-2]|\?\?)(?P<d>0[1-9]|[12]\d|3[01]|\?\?)")
"""Year, month and day in eight digits; question marks stand for what is not known."""

WORDS = re.compile(r"[A-Za-z ,-]+")
"""What an amount or a date looks like when nothing of it is left to be read."""


def read_date(text: str, order: str) -> Speak | None:
    """A date in some order, none where it is not told; None where it is no date."""
    unbroken = UNBROKEN.fullmatch(text)
    if unbroken and order in ("", "ymd"):
        return partial(say_date, unbroken, "ymd")
    if order:
        return in_order(text, order)
    words = say_dates(text)
    if words != text and WORDS.fullmatch(words):
        return lambda: words
    return next((speak for one in UNTOLD if (speak := in_order(text, one))), None)


def in_order(text: str, order: str) -> Speak | None:
    """A date that is written in this order."""
    match = PATTERNS[order].fullmatch(text)
    if not match or ("m" in order and not month(match["m"])):
        return None
    return partial(say_date, match, order)


def say_date(match: re.Match[str], order: str) -> str:
    """Day first where the order says so, else as in `September tenth nineteen sixty`."""
    told = {part: text for part, text in match.groupdict().items() if "?" not in text}
    day = ordinal(str(int(told["d"]))) if "d" in told else ""
    name = month(told["m"]) if "m" in told else ""
    if day and name:
        name, day = (f"the {day} of {name}", "") if order.startswith("d") else (name, day)
    return " ".join(word for word in (name, day, say_year(told.get("y", ""))) if word)


def say_year(digits: str) -> str:
    """`1960`, `60`."""
    return year(full_year(digits) if len(digits) == 2 else digits) if digits else ""


def month(written: str) -> str:
    """`9`, `Sept` -> September; nothing where there is no such month."""
    if written.isdecimal():
        return MONTHS[int(written) - 1]
    return next((name for name in MONTHS if name.lower().startswith(written.lower())), "")
