"""Rewrite text as it is read aloud: English in a table of steps, each of them linear in time.

`app.text.languages` reads other languages.

Emoji are dropped: read by name, they would interrupt the sentence whose emotion they mark.
"""

from __future__ import annotations

import re

from app.text.languages import ENGLISH, get_base_language, get_normalizer
from app.text.normalization.abbreviations import expand_numbered, verbalize_abbreviations
from app.text.normalization.chat import (
    expand_chat,
    expand_digit_words,
    lower_pronouns,
    mark_interjections,
    mark_stutters,
    shorten_words,
)
from app.text.normalization.cleaning import clean, tidy
from app.text.normalization.codes import verbalize_addresses, verbalize_codes, verbalize_moves
from app.text.normalization.dates import verbalize_dates
from app.text.normalization.heteronyms import mark_heteronyms, mark_letters
from app.text.normalization.numerals import (
    expand_operators,
    rewrite_numbers,
    verbalize_numbers,
    verbalize_roman,
    verbalize_signs,
)
from app.text.normalization.quantities import expand_formulas, verbalize_amounts, verbalize_measures
from app.text.normalization.ranges import verbalize_alternatives, verbalize_ranges, verbalize_slashes

STEPS = (
    expand_digit_words,
    verbalize_moves,
    verbalize_addresses,
    verbalize_codes,
    rewrite_numbers,
    expand_formulas,
    expand_operators,
    expand_numbered,
    verbalize_slashes,
    verbalize_ranges,
    verbalize_amounts,
    verbalize_measures,
    verbalize_alternatives,
    verbalize_dates,
    verbalize_abbreviations,
    verbalize_roman,
    verbalize_numbers,
    verbalize_signs,
    lower_pronouns,
    shorten_words,
    tidy,
)
"""Normalization steps, in order: more specific ones come first, since they consume digits and dots."""
PROSE_STEPS = (
    expand_numbered,
    verbalize_abbreviations,
    verbalize_roman,
    verbalize_signs,
    lower_pronouns,
    shorten_words,
    tidy,
)
"""The steps that may change a sentence of words, as most sentences are; the other steps take most of the time."""
PROSE = re.compile(
    r"(?:[A-Za-zÀ-ɏ ,;!?'\"()—–]|(?<=[a-z])-(?=[a-z])|(?<=[\w,;.!?'\"])--(?=[A-Za-z'\"])|:(?!\w)"
    r"|\.(?=[ .!?'\")—]|\Z))*+"
)
"""Words and their marks, without digits, names of files or signs."""
SHORT_DATE = re.compile(r"\b(?:Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b")
MARKING_STEPS = (expand_chat, mark_letters, mark_heteronyms, mark_stutters, mark_interjections)
"""Steps that mark words with phonemes, which no further step may change."""
PRONOUNCEABLE = re.compile(r"[^\W_]")
DOUBLED_COMMA = re.compile(r"(?:, ?){2,}")
COMMA_AT_END = re.compile(r"^[-,;: ]+|[, ]+(?=[.!?…])")


def normalize(text: str, language: str = ENGLISH) -> str:
    """Return the text to read in a language such as `de-DE`; empty if nothing in it can be pronounced."""
    return normalize_cleaned(clean(text, language), language)


def normalize_cleaned(text: str, language: str = ENGLISH) -> str:
    """Return the text to read for a text that `clean` returned."""
    if get_base_language(language) != ENGLISH:
        return keep_pronounceable(drop_stray_commas(tidy(get_normalizer(language).normalize(text))))
    for step in PROSE_STEPS if PROSE.fullmatch(text) and not SHORT_DATE.search(text) else STEPS:
        text = step(text)
    text = drop_stray_commas(text)
    for step in MARKING_STEPS:
        text = step(text)
    return keep_pronounceable(text)


def drop_stray_commas(text: str) -> str:
    """Return a text without doubled commas and those at its ends, which signs leave."""
    return COMMA_AT_END.sub("", DOUBLED_COMMA.sub(", ", text)).strip()


def keep_pronounceable(text: str) -> str:
    """Return the text; empty if nothing in it can be pronounced."""
    return text if PRONOUNCEABLE.search(text) else ""
