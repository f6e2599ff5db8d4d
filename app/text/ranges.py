"""Dashes between numbers and between times -> `to`; the numbers stay digits, so that later steps read them."""

from __future__ import annotations

import re

AMOUNT = r"(\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?|\d{1,9}(?:\.\d{1,6})?)"
RANGE = re.compile(rf"(?<![\w.,:/^-])([$€£¥]?){AMOUNT}(%?)( ?[-–] ?)([$€£¥]?){AMOUNT}(?![\w]*[-–/:]\d|[.,]?\d| ?=)")
YEARS = re.compile(r"(?:1[1-9]|20|21)\d\d")
LOCAL_PHONE = re.compile(r"(?<![\w.-])(?!\d\d0-\d{3}0)\d{3}-\d{4}(?![\w-])")
"""Round numbers are a range: `500-1000`."""
TIMES = re.compile(
    r"(?:(?<=\d)|(?<=\d[ap]m)|(?<=\d [ap]m)|(?<=[ap]\.m\.)) ?[-–] ?(?=\d{1,2}(?::\d\d| ?[ap]\.?m\b))", re.IGNORECASE
)


def say_ranges(text: str) -> str:
    """Read the dash; one of the years of a span, and of a telephone number, is left to their own tables."""
    return RANGE.sub(amounts, TIMES.sub(" to ", text))


def amounts(match: re.Match[str]) -> str:
    """`$5-10` -> 5 to $10, `5-10%` -> 5 to 10%."""
    first_symbol, first, percent, dash, second_symbol, second = match.groups()
    plain = not first_symbol and not second_symbol
    if plain and dash in "-–" and (YEARS.fullmatch(first) or LOCAL_PHONE.fullmatch(match[0])):
        return match[0]
    symbol = second_symbol or first_symbol
    both = "." in first and symbol
    return f"{symbol if both else ''}{first}{percent} to {symbol}{second}"
