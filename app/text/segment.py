"""Text -> spans of its sentences, in code points of the original.

Paragraphs are kept apart, the segmenter sees windows of bounded length, and marks without letters are given back to the
sentence before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.text.boundaries import sentence_starts

WINDOW = 2000
"""Code points that the segmenter sees at once: some texts cost it the square of their length."""
LAST_SPACE = re.compile(r".*\s", re.DOTALL)
BLANK_LINE = re.compile(r"(?:\r\n|[\n\r\v\f\x85\u2028\u2029])[^\S\n]*(?:\r\n|[\n\r\v\f\x85\u2028\u2029])\s*|\u2029\s*")
WORD = re.compile(r"[^\W_]")
SURROGATE = re.compile("[\ud800-\udfff]")
UNPRONOUNCED = re.compile(r"(?:[^\w\s\"'“‘«(\[{¿¡#@&$€£¥+~<-]+\s*)+")
"""Emoji and closing marks at the beginning of a sentence, which belong to the one before."""


@dataclass(frozen=True, slots=True)
class Span:
    """One sentence."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    ends_paragraph: bool = False


def segment(text: str) -> Iterator[Span]:
    """Spans of all sentences, in order; they do not overlap and leave out only white space."""
    # The segmenter is written in Rust and takes no lone surrogates; any other character keeps the places.
    readable = SURROGATE.sub("\ufffd", text)
    for start, end in paragraphs(readable):
        yield from paragraph_sentences(readable, start, end)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches between blank lines."""
    start = 0
    for gap in BLANK_LINE.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def paragraph_sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences of one paragraph; the last one ends it."""
    before: Span | None = None
    for a, b in pairwise(with_words(text, start, end, starts(text, start, end))):
        span = stripped(text, a, b)
        if span.start < span.end:
            if before:
                yield before
            before = span
    if before:
        yield Span(before.start, before.end, ends_paragraph=True)


def starts(text: str, start: int, end: int) -> Iterator[int]:
    """Where second and later sentences of a paragraph begin, window by window.

    A window begins with a sentence, or, in one longer than a window, somewhere inside it; that place is no edge.
    """
    while start < end:
        stop = min(start + WINDOW, end)
        found = [start + place for place in sentence_starts(text[start:stop])]
        yield from found
        if stop == end:
            return
        inside = LAST_SPACE.match(text, start, stop)
        # Within the last words of a window the segmenter does not see what follows, so they are looked at again.
        start = found[-1] if found else inside.end() if inside else stop


def with_words(text: str, start: int, end: int, found: Iterator[int]) -> Iterator[int]:
    """Edges of sentences that hold a word each, the ends of the paragraph among them.

    Marks at the beginning of a sentence go to the one before; so does a sentence of nothing but marks.
    """
    yield start
    held, seen, has_word = None, start, False
    for place in found:
        if place < seen:
            continue
        marks = UNPRONOUNCED.match(text, place, end)
        edge = marks.end() if marks else place
        has_word = has_word or WORD.search(text, seen, edge) is not None
        seen = edge
        if has_word and edge < end:
            if held is not None:
                yield held
            held, has_word = edge, False
    if held is not None and (has_word or WORD.search(text, seen, end)):
        yield held
    yield end


def stripped(text: str, start: int, end: int) -> Span:
    """A span without white space at its ends."""
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))
