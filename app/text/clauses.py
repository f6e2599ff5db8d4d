"""Split sentences that are too long for a model into clauses, where a reader would breathe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from app.text.normalization.cleaning import grown_length
from app.text.normalization.normalize import normalize
from app.text.phonetic import spoken_length
from app.types import Clause

CUTS = (
    re.compile(r"(?<![;:—–])[;:—–]++[\"'”’)]*+(?=\s)"),
    re.compile(r",[\"'”’)]*(?=\s)"),
    re.compile(r"(?=\s(?:and|but|or|nor|so|yet|because|although|though|while|when|where|which|who|that|if|as)\s)"),
    re.compile(r"(?=\s)"),
)
"""Patterns of places to cut, best first."""
Read = Callable[[int, int], str]
"""Function that returns what is read aloud of the text between two offsets."""
Check = Callable[[int], None]
"""Callback that gets the number of characters to read in a sentence so far; raises to stop before the rest."""
CutAt = Callable[[int, int, int], int]
"""Function of (place, a, b): returns where between a and b a cut wanted at `place` may be; a or b if nowhere."""
JOINED = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Code points that combine with the one before them."""
SMALLEST_SHARE = 0.25
"""Minimum share of the text on either side of a cut, so that no tiny fragment is spoken alone."""
LONGEST_LOOK = 4
"""Text is normalized in stretches of at most this many times `max_spoken`, so that the time stays linear."""


def unchecked(characters: int) -> None:
    """Accept any number of characters."""


def clauses(text: str, start: int, end: int, max_spoken: int, check: Check = unchecked) -> list[Clause]:
    """Split `text[start:end]` into clauses of at most `max_spoken` characters to read."""
    parts = checked(cut(text, start, end, max_spoken, lambda a, b: normalize(text[a:b]), anywhere), check)
    return [Clause(text[a:b], a, b, spoken[:max_spoken]) for a, b, spoken in parts]


def checked(parts: Iterable[tuple[int, int, str]], check: Check, before: int = 0) -> Iterator[tuple[int, int, str]]:
    """Yield parts and check their total length; `before` characters of the sentence came earlier."""
    for part in parts:
        before += len(part[2])
        check(before)
        yield part


def cut(text: str, start: int, end: int, max_spoken: int, read: Read, cut_at: CutAt) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text to read) of parts, halving until each is short enough or cannot be cut."""
    pending = [(start, end)]
    while pending:
        a, b = pending.pop()
        a, b = a + leading_space(text[a:b]), b - leading_space(text[a:b][::-1])
        if a >= b:
            continue
        spoken = read(a, b) if grown_length(text[a:b]) <= LONGEST_LOOK * max_spoken else None
        middle = b
        if spoken is None or spoken_length(spoken) > max_spoken:
            middle = cut_at(a + best_cut(text[a:b]), a, b)
        if a < middle < b:
            pending += [(middle, b), (a, middle)]
        else:
            yield a, b, read(a, b) if spoken is None else spoken


def anywhere(place: int, a: int, b: int) -> int:
    """Return the wanted place of a cut: plain text can be cut anywhere."""
    return place


def leading_space(text: str) -> int:
    """Return the number of white-space characters at the beginning of a text."""
    return len(text) - len(text.lstrip())


def best_cut(text: str) -> int:
    """Return the place to cut: nearest to the middle among those of the best kind in `CUTS` that occurs."""
    middle, margin = len(text) / 2, max(1, int(len(text) * SMALLEST_SHARE))
    for pattern in CUTS:
        places = [match.end() for match in pattern.finditer(text, margin, len(text) - margin)]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    return whole_character(text, max(1, len(text) // 2))


def whole_character(text: str, place: int) -> int:
    """Move a cut out of a letter with combining marks, or out of an emoji, if it ends within 16 code points."""
    for moved in range(place, min(place + 16, len(text))):
        if not JOINED.match(text, moved) and not text[moved - 1] == "\u200d":
            return moved
    return place
