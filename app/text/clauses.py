"""Cut text into clauses that a model can speak at once, counting the phonemes that stand for words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from app.text.languages import ENGLISH, get_base_language, load_language
from app.text.normalization.cleaning import count_expanded
from app.text.normalization.normalize import normalize
from app.text.phonetic import count_model_chars, limit_length
from app.types import Clause

CUTS = (
    re.compile(r"(?<![;:—–])[;:—–]++[\"'”’)]*+(?=\s)"),
    re.compile(r",[\"'”’)]*(?=\s)"),
    re.compile(r"(?=\s(?:and|but|or|nor|so|yet|because|although|though|while|when|where|which|who|that|if|as)\s)"),
    re.compile(r"(?=\s)"),
)
"""Patterns of places to cut, best first."""
SpanReader = Callable[[int, int], str]
"""Function that returns what is read aloud of the text between two offsets."""
LengthCheck = Callable[[int], None]
"""Callback that gets the number of characters to read in a sentence so far; raises to stop before the rest."""
CutMover = Callable[[int, int, int], int]
"""Function of (place, a, b): returns where between a and b a cut wanted at `place` may be; a or b if nowhere."""
COMBINING = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Code points that combine with the one before them."""
BULLET = re.compile(r"\A\s{0,40}(?:[+*]\s+(?=[^\W\d_]|\d+ [^\W\d_])|(\(?\d{1,3}[.)])(?=[A-Za-z]{2}))")
MIN_SHARE = 0.25
"""Minimum share of the text on either side of a cut, so that no tiny fragment is spoken alone."""
REACHES = (100, 1000)
"""Characters on either side of the middle in which a cut is looked for first."""
EDGE = 20
"""Characters at the edge of such a stretch whose places to cut may be misjudged."""
MAX_STRETCH_RATIO = 4
"""Text is normalized in stretches of at most this many times `max_spoken`, so that the time stays linear."""


def accept_any_length(characters: int) -> None:
    """Accept any number of characters."""


def remove_bullet(text: str) -> str:
    """Return the beginning of a sentence without a plus or an asterisk as a bullet, and with a space after `1.`."""
    return BULLET.sub(r"\1 ", text, count=1)


def split_clauses(
    text: str,
    start: int,
    end: int,
    max_spoken: int,
    check: LengthCheck = accept_any_length,
    language: str = ENGLISH,
) -> list[Clause]:
    """Split `text[start:end]` into clauses of at most `max_spoken` characters to read."""

    def read(a: int, b: int) -> str:
        return normalize(remove_bullet(text[a:b]) if a == start else text[a:b], language)

    parts = check_parts(cut(text, start, end, max_spoken, read, cut_anywhere, language), check)
    return [Clause(text[a:b], a, b, limit_length(spoken, max_spoken)) for a, b, spoken in parts]


def check_parts(
    parts: Iterable[tuple[int, int, str]], check: LengthCheck, before: int = 0
) -> Iterator[tuple[int, int, str]]:
    """Yield parts and check their total length; `before` characters of the sentence came earlier."""
    for part in parts:
        before += count_model_chars(part[2])
        check(before)
        yield part


def cut(
    text: str,
    start: int,
    end: int,
    max_spoken: int,
    read: SpanReader,
    cut_at: CutMover,
    language: str = ENGLISH,
) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text to read) of parts, halving until each is short enough or cannot be cut."""
    pending = [(start, end)]
    while pending:
        a, b = pending.pop()
        a, b = a + count_leading_space(text[a:b]), b - count_leading_space(text[a:b][::-1])
        if a >= b:
            continue
        spoken = read(a, b) if count_expanded(text[a:b]) <= MAX_STRETCH_RATIO * max_spoken else None
        middle = b
        if spoken is None or count_model_chars(spoken) > max_spoken:
            middle = cut_at(a + find_best_cut(text[a:b], language), a, b)
        if a < middle < b:
            pending += [(middle, b), (a, middle)]
        else:
            yield a, b, read(a, b) if spoken is None else spoken


def cut_anywhere(place: int, a: int, b: int) -> int:
    """Return the wanted place of a cut: plain text can be cut anywhere."""
    return place


def count_leading_space(text: str) -> int:
    """Return the number of white-space characters at the beginning of a text."""
    return len(text) - len(text.lstrip())


@lru_cache(64)
def list_cuts(language: str) -> Sequence[re.Pattern[str]]:
    """Return the patterns of places to cut in a language, best first."""
    if get_base_language(language) == ENGLISH:
        return CUTS
    conjunctions = load_language(language).conjunctions
    before_conjunction = [re.compile(rf"(?=\s(?:{conjunctions})\s)")] if conjunctions else []
    return (*CUTS[:2], *before_conjunction, CUTS[3])


def find_best_cut(text: str, language: str = ENGLISH) -> int:
    """Return the place to cut: nearest to the middle among those of the best kind in `CUTS` that occurs."""
    middle, margin = len(text) / 2, max(1, int(len(text) * MIN_SHARE))
    for pattern in list_cuts(language):
        # A long text of nothing but places to cut is searched near its middle alone.
        for reach in (*(near for near in REACHES if near < len(text) / 2), len(text)):
            first, last = max(margin, int(middle) - reach), min(len(text) - margin, int(middle) + reach)
            places = [match.end() for match in pattern.finditer(text, first, last)]
            nearest = min(places, key=lambda place: abs(place - middle), default=-reach)
            if places and (abs(nearest - middle) < reach - EDGE or reach == len(text)):
                return nearest
    return skip_combining(text, max(1, len(text) // 2))


def skip_combining(text: str, place: int) -> int:
    """Move a cut out of a letter with combining marks, or out of an emoji, if it ends within 16 code points."""
    for moved in range(place, min(place + 16, len(text))):
        if not COMBINING.match(text, moved) and text[moved - 1] != "\u200d":
            return moved
    return place


def shift_clause(clause: Clause, offset: int) -> Clause:
    """Return a clause with its offsets in the request increased."""
    places = clause.places and tuple(place + offset for place in clause.places)
    return replace(clause, start=clause.start + offset, end=clause.end + offset, places=places)
