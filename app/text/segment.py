"""Text -> spans of its sentences, in code points of the original.

The boundaries come from sentencex (Wikimedia's segmenter; see docs/segmenters.md for what it was measured against);
here paragraphs are kept apart, and marks without letters are given back to the sentence before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sentencex import get_sentence_boundaries

LANGUAGE = "en"
WINDOW = 4000
"""Code points that the segmenter sees at once: some texts cost it the square of their length."""
WINDOW_END = re.compile(r".*[.!?…][\"'”’)]*\s|.*\s", re.DOTALL)
"""Behind the last sentence of a window, or at least behind a word."""
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


def segment(text: str) -> list[Span]:
    """Spans of all sentences, in order; they do not overlap and leave out only white space."""
    # The segmenter is written in Rust and takes no lone surrogates; any other character keeps the places.
    readable = SURROGATE.sub("\ufffd", text)
    return [span for start, end in paragraphs(readable) for span in paragraph_sentences(readable, start, end)]


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches between blank lines."""
    start = 0
    for gap in BLANK_LINE.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A paragraph in stretches of bounded length."""
    while end - start > WINDOW:
        whole = WINDOW_END.match(text, start, start + WINDOW)
        middle = whole.end() if whole else start + WINDOW
        yield start, middle
        start = middle
    yield start, end


def paragraph_sentences(text: str, start: int, end: int) -> list[Span]:
    """The sentences of one paragraph; the last one ends it."""
    spans = [span for window in windows(text, start, end) for span in sentences(text, *window)]
    return [*spans[:-1], *(Span(span.start, span.end, ends_paragraph=True) for span in spans[-1:])]


def sentences(text: str, start: int, end: int) -> list[Span]:
    """The sentences of one window."""
    window = text[start:end]
    edges = [boundary["start_index"] for boundary in get_sentence_boundaries(LANGUAGE, window)]
    merged = with_words(window, edges[1:])
    spans = [stripped(text, start + a, start + b) for a, b in pairwise(merged)]
    return [span for span in spans if span.start < span.end]


def with_words(text: str, starts: list[int]) -> list[int]:
    """Edges of sentences that hold a word each: from where the second and later ones were said to start.

    Marks at the beginning of a sentence go to the one before; so does a sentence of nothing but marks.
    """
    edges = [0]
    for start in starts:
        marks = UNPRONOUNCED.match(text, start)
        edge = marks.end() if marks else start
        if WORD.search(text, edges[-1], edge):
            edges.append(edge)
    if len(edges) > 1 and not WORD.search(text, edges[-1]):
        edges.pop()
    return [*edges, len(text)]


def stripped(text: str, start: int, end: int) -> Span:
    """A span without white space at its ends."""
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))
