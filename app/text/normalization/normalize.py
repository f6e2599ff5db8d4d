"""Text as it is written -> text as it is read aloud (English): one table of steps, each of them linear in time.

Emoji are dropped: read by name they would break the sentence whose feeling they mark.
"""

from __future__ import annotations

import re

from app.text.normalization.abbreviations import say_abbreviations
from app.text.normalization.cleaning import clean, tidy
from app.text.normalization.dates import say_dates
from app.text.normalization.numbers import say_formulas
from app.text.normalization.quantities import say_amounts, say_measures
from app.text.normalization.symbols import say_addresses, say_numbers, say_ranges, say_signs

STEPS = (
    say_addresses,
    say_formulas,
    say_ranges,
    say_amounts,
    say_measures,
    say_dates,
    say_abbreviations,
    say_numbers,
    say_signs,
    tidy,
)
"""In this order: what is more specific comes first, since it takes the digits and dots away from the others."""
PRONOUNCEABLE = re.compile(r"[^\W_]")
DOUBLED_COMMA = re.compile(r"(?:, ?){2,}")
COMMA_AT_END = re.compile(r"^[-,;: ]+|[, ]+(?=[.!?…])")


def normalize(text: str) -> str:
    """What will be read; empty where nothing can be pronounced."""
    return read_cleaned(clean(text))


def read_cleaned(text: str) -> str:
    """What will be read of a text that went through `clean`."""
    for step in STEPS:
        text = step(text)
    text = COMMA_AT_END.sub("", DOUBLED_COMMA.sub(", ", text)).strip()
    return pronounceable(text)


def pronounceable(text: str) -> str:
    """The text, or nothing where nothing in it can be pronounced."""
    return text if PRONOUNCEABLE.search(text) else ""
