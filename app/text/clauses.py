"""A sentence too long for a model -> clauses that are not, cut where a reader would breathe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.plan import Clause
from app.text.normalize import normalize

CUTS = (
    re.compile(r"(?<![;:—–])[;:—–]++[\"'”’)]*+(?=\s)"),
    re.compile(r",[\"'”’)]*(?=\s)"),
    re.compile(r"(?=\s(?:and|but|or|nor|so|yet|because|although|though|while|when|where|which|who|that|if|as)\s)"),
    re.compile(r"(?=\s)"),
)
"""Where to cut, best first."""
JOINED = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Code points that belong to the one before them."""
SMALLEST_SHARE = 0.25
"""A cut leaves at least this share of the text on either side, so that no crumb is spoken alone."""
LONGEST_LOOK = 4
"""Text is normalised in stretches of at most this many times the limit, so that the time stays linear."""


def clauses(text: str, start: int, end: int, max_spoken: int) -> list[Clause]:
    """Clauses of `text[start:end]`, each with at most `max_spoken` characters to read."""
    return list(cut(text, start, end, max_spoken))


def cut(text: str, start: int, end: int, max_spoken: int) -> Iterator[Clause]:
    """Halve until every part is short enough."""
    pending = [(start, end)]
    while pending:
        a, b = pending.pop()
        a, b = a + leading_space(text[a:b]), b - leading_space(text[a:b][::-1])
        if a >= b:
            continue
        piece = text[a:b]
        spoken = normalize(piece) if len(piece) <= LONGEST_LOOK * max_spoken else None
        if spoken is not None and (len(spoken) <= max_spoken or len(piece) == 1):
            yield Clause(piece, a, b, spoken[:max_spoken])
        else:
            middle = a + best_cut(piece)
            pending += [(middle, b), (a, middle)]


def leading_space(text: str) -> int:
    """How many characters of white space a text begins with."""
    return len(text) - len(text.lstrip())


def best_cut(text: str) -> int:
    """The place of the best kind that is nearest to the middle."""
    middle, margin = len(text) / 2, max(1, int(len(text) * SMALLEST_SHARE))
    for pattern in CUTS:
        places = [match.end() for match in pattern.finditer(text, margin, len(text) - margin)]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    return whole_character(text, max(1, len(text) // 2))


def whole_character(text: str, place: int) -> int:
    """Move a cut out of a letter with its marks, or an emoji with its parts, where that is near."""
    for moved in range(place, min(place + 16, len(text))):
        if not JOINED.match(text, moved) and not text[moved - 1] == "\u200d":
            return moved
    return place
