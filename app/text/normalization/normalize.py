"""Rewrite English text as it is read aloud, in a table of steps, each of them linear in time.

Emoji are dropped: read by name, they would interrupt the sentence whose emotion they mark.
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
"""Normalization steps, in order: more specific ones come first, since they consume digits and dots."""
PRONOUNCEABLE = re.compile(r"[^\W_]")
DOUBLED_COMMA = re.compile(r"(?:, ?){2,}")
COMMA_AT_END = re.compile(r"^[-,;: ]+|[, ]+(?=[.!?…])")


def normalize(text: str) -> str:
    """Return the text to read; empty if nothing in it can be pronounced."""
    return read_cleaned(clean(text))


def read_cleaned(text: str) -> str:
    """Return the text to read for a text that `clean` returned."""
    for step in STEPS:
        text = step(text)
    text = COMMA_AT_END.sub("", DOUBLED_COMMA.sub(", ", text)).strip()
    return pronounceable(text)


def pronounceable(text: str) -> str:
    """Return the text; empty if nothing in it can be pronounced."""
    return text if PRONOUNCEABLE.search(text) else ""
