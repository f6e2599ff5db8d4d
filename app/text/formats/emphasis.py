"""Pair the signs of emphasis, struck, marked and hidden text in a paragraph of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WHOLE_WORDS_ONLY = ("*", "~", "==", "||")
"""Signs that are operators if they touch words on both sides."""


@dataclass(frozen=True, slots=True)
class EmphasisPair:
    """Two runs of signs that emphasize the text between them, as offsets in the paragraph."""

    opening: int
    opening_end: int
    closing: int
    end: int

    @property
    def is_strong(self) -> bool:
        """Whether the opening run has several signs."""
        return self.opening_end - self.opening > 1


@dataclass(slots=True)
class Run:
    """A run of signs that may open or close emphasis."""

    start: int
    end: int
    left: int
    """Signs that are not paired yet."""


def pair_emphasis(text: str, runs: Sequence[tuple[int, int]]) -> list[EmphasisPair]:
    """Return the pairs of runs in a paragraph."""
    pairs: list[EmphasisPair] = []
    opened: dict[str, list[Run]] = {}
    for start, end in runs:
        run = Run(start, end, end - start)
        signs = text[start:end]
        waiting = opened.setdefault({">!": "!", "!<": "!"}.get(signs, signs[0]), [])
        if can_close(text, start, end):
            while run.left and waiting:
                opening = waiting[-1]
                paired = min(opening.left, run.left)
                opening.left -= paired
                run.left -= paired
                pairs.append(EmphasisPair(opening.start, opening.end, start, end))
                if not opening.left:
                    waiting.pop()
        if run.left and can_open(text, start, end):
            waiting.append(run)
    return pairs


def can_open(text: str, start: int, end: int) -> bool:
    """Return whether emphasis may begin at a run: a word follows it directly."""
    before, after, signs = text[max(0, start - 1) : start], text[end : end + 1], text[start:end]
    if not after or after.isspace() or signs == "!<":
        return False
    return not is_within_word(before, signs)


def can_close(text: str, start: int, end: int) -> bool:
    """Return whether emphasis may end at a run: it follows a word directly."""
    before, after, signs = text[max(0, start - 1) : start], text[end : end + 1], text[start:end]
    if not before or before.isspace() or signs == ">!":
        return False
    return not is_within_word(after, signs)


def is_within_word(outside: str, signs: str) -> bool:
    """Return whether a run touches a word on its outer side, so that it is an operator or a part of a name."""
    if signs[0] == "_" or signs in WHOLE_WORDS_ONLY:
        return outside.isalnum() or outside == "\\"
    return signs[0] == "*" and outside.isdigit()
