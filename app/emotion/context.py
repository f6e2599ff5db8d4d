"""What a classifier reads before a sentence: the end of the sentences before it.

Training and service use the same functions, so that a sentence is read as it was learned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

CONTEXT_WORDS = 40
"""Of the sentences before a sentence only so many words are read, the last ones."""
LONGEST_WORD = 100
"""Characters of a word of the context that are read, so that a text without spaces is bounded, too."""


class Excerpt(NamedTuple):
    """A sentence and what is read before it."""

    context: str
    """Empty if nothing is."""
    text: str


def make_context(before: Iterable[str]) -> str:
    """Join sentences, in their order, and keep the last words."""
    words = [word[-LONGEST_WORD:] for sentence in before for word in sentence.split()]
    return " ".join(words[-CONTEXT_WORDS:])


def read_excerpts(sentences: Iterable[str], before: Iterable[str], count: int) -> Iterator[Excerpt]:
    """Pass each sentence on with the context that `count` sentences before it make.

    `before` are sentences that come earlier and are not passed on themselves.
    """
    recent = deque(before, maxlen=count)
    for sentence in sentences:
        yield Excerpt(make_context(recent), sentence)
        recent.append(sentence)
