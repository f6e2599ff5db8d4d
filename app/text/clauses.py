"""A sentence too long for a model -> clauses that are not, cut where a reader would breathe."""

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
"""Where to cut, best first."""
Read = Callable[[int, int], str]
"""What is read of the text from a place to another."""
Check = Callable[[int], None]
"""Called with the characters to be read of a sentence until now; raises to stop before the rest is looked at."""
CutAt = Callable[[int, int, int], int]
"""(place, a, b): where between a and b a cut that was wanted at a place may be; a or b where there is no such place."""
JOINED = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Code points that belong to the one before them."""
SMALLEST_SHARE = 0.25
"""A cut leaves at least this share of the text on either side, so that no crumb is spoken alone."""
LONGEST_LOOK = 4
"""Text is normalised in stretches of at most this many times the limit, so that the time stays linear."""


def unchecked(characters: int) -> None:
    """Let the reading go on."""


def clauses(text: str, start: int, end: int, max_spoken: int, check: Check = unchecked) -> list[Clause]:
    """Clauses of `text[start:end]`, each with at most `max_spoken` characters to read."""
    parts = checked(cut(text, start, end, max_spoken, lambda a, b: normalize(text[a:b]), anywhere), check)
    return [Clause(text[a:b], a, b, spoken[:max_spoken]) for a, b, spoken in parts]


def checked(parts: Iterable[tuple[int, int, str]], check: Check, before: int = 0) -> Iterator[tuple[int, int, str]]:
    """Pass parts on and check how much they are together; `before` characters of the sentence came earlier."""
    for part in parts:
        before += len(part[2])
        check(before)
        yield part


def cut(text: str, start: int, end: int, max_spoken: int, read: Read, cut_at: CutAt) -> Iterator[tuple[int, int, str]]:
    """Halve until every part is short enough, or cannot be cut; with what is read of each."""
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
    """A cut of plain text stays where it is best."""
    return place


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
