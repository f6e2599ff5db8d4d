"""Split text into sentences, as spans in code points of the original."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain, pairwise
from typing import NamedTuple

from app.text.languages import ENGLISH
from app.text.lines import find_line_breaks
from app.text.normalization.cleaning import FOOTNOTE
from app.text.quotations import find_quotations
from app.text.sentence_ends import EDGE_CONTEXT, find_sentence_starts

WINDOW = 2000
"""Maximum code points given to the segmenter at once: for some texts its time is quadratic in their length."""
LAST_SPACE = re.compile(r".*\s", re.DOTALL)
LINE_END = re.compile("[\r\v\f\x85\u2028]")
BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*|\u2029\s*")
PARAGRAPH = "\u2029"
"""Unicode's paragraph separator."""
WORD = re.compile(r"[^\W_]")
SURROGATE = re.compile("[\ud800-\udfff]")
UNPRONOUNCED_MARKS = re.compile(r"(?:[^\w\s\"'“„‘‚«(\[{¿¡#@&$€£¥+~<-]+\s*)+")
"""Emoji and closing marks at the beginning of a sentence, which belong to the previous sentence."""
INNER_END = re.compile(r"[.!?…。！？]\S*\s")
"""The end of a sentence that may be followed by another one; it is found faster than by the segmenter."""
OPENED = re.compile(r"\s[\"“„«‘']")
"""A mark that opens a quotation."""
MARKER = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,5}|[IVX]{2,5})[.)]\s*")
"""The number or letter of a list item, which is no sentence."""


class Span(NamedTuple):
    """The span of one sentence."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    ends_paragraph: bool = False
    verse_lines: tuple[int, ...] = ()
    """Offsets of the second and later lines of verse in the sentence."""


def segment(text: str, language: str = ENGLISH) -> Iterator[Span]:
    """Yield the spans of all sentences, in order; they do not overlap and leave out only white space."""
    return segment_prepared(prepare(text), text, language)


def prepare(text: str) -> str:
    """Return a text of the same length in which LF ends each line, without lone surrogates and footnote marks.

    CRLF becomes a blank and LF. The segmenter is written in Rust and rejects lone surrogates.
    """
    if not text.isascii():
        text = SURROGATE.sub("\ufffd", text)
    return hide_footnotes(LINE_END.sub("\n", text.replace("\r\n", " \n")))


def segment_prepared(prepared: str, text: str, language: str = ENGLISH) -> Iterator[Span]:
    """Yield the spans of all sentences of a text; `prepare` returned its other form."""
    for start, end in split_paragraphs(prepared):
        for span in segment_paragraph(prepared, start, end, language):
            yield strip_span(text, span)


def hide_footnotes(text: str) -> str:
    """Return a text of the same length with blanks in place of footnote marks."""
    return FOOTNOTE.sub(lambda mark: " " * len(mark[0]), text)


def split_paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each stretch between blank lines."""
    start = 0
    for gap in BLANK_LINE.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def segment_paragraph(text: str, start: int, end: int, language: str = ENGLISH) -> Iterator[Span]:
    """Yield the sentences of one paragraph; the last one has `ends_paragraph`."""
    breaks = find_line_breaks(text, start, end)
    edges = (
        edge
        for a, b in pairwise((start, *breaks.sentences, end))
        for edge in chain((a,), merge(starts(text, a, b, language), find_quoted_starts(text, a, b, language)))
        if edge not in breaks.wrapped
    )
    verse = deque(breaks.verse)
    before: Span | None = None
    for a, b in pairwise(merge_wordless(text, start, end, edges, frozenset(breaks.sentences))):
        if text[a:b].isspace() or a == b:
            continue
        if before:
            yield before
        lines = []
        while verse and verse[0] < b:
            lines.append(verse.popleft())
        before = Span(a, b, verse_lines=tuple(line for line in lines if line > a))
    if before:
        yield before._replace(ends_paragraph=True)


def starts(text: str, start: int, end: int, language: str = ENGLISH) -> Iterator[int]:
    """Yield the offsets of the second and later sentences of a paragraph, window by window.

    A window begins with a sentence or, if that is longer than a window, somewhere inside it; that place is no edge.
    """
    while start < end:
        stop = min(start + WINDOW, end)
        found = [start + place for place in find_sentence_starts(text[start:stop], language)]
        # sentencex ends a sentence after the mark of a quotation that is not closed.
        yield from (edge - 1 if edge >= start + 2 and OPENED.match(text, edge - 2, edge) else edge for edge in found)
        if stop == end:
            return
        inside = LAST_SPACE.match(text, start, stop)
        # The segmenter does not see what follows the last words of a window, so the next window begins with them.
        start = found[-1] if found else inside.end() if inside else stop


def find_quoted_starts(text: str, start: int, end: int, language: str = ENGLISH) -> Iterator[int]:
    """Yield the offsets of the second and later sentences of each quotation, which the segmenter keeps whole."""
    for one in find_quotations(text[start:end]):
        begun, last = start + one.start + 1, start + one.end
        if not INNER_END.search(text, begun, last):
            continue
        for edge in starts(text, begun, last, language):
            # `ha! ha!` goes on, `1.` is the number of an item, and the marks at the end belong to the words before.
            is_sentence = not text[edge].islower() and WORD.search(text, edge, last) is not None
            if is_sentence and not MARKER.fullmatch(text, begun, edge):
                yield edge
            begun = edge


def merge_wordless(text: str, start: int, end: int, found: Iterable[int], lines: frozenset[int]) -> Iterator[int]:
    """Yield the edges of sentences that each hold a word, including both ends of the paragraph.

    Marks at the beginning of a sentence, and a sentence of nothing but marks, go to the previous sentence; the number
    of a list item goes to the next one. `lines` are the edges at which a line begins a sentence with its marks.
    """
    yield start
    held, seen, has_word = None, start, False
    for place in found:
        if place < seen:
            continue
        marks = None if place in lines else UNPRONOUNCED_MARKS.match(text, place, end)
        edge = marks.end() if marks else place
        has_word = has_word or WORD.search(text, seen, edge) is not None
        seen = edge
        if has_word and edge < end:
            begun = start if held is None else held
            if edge not in lines and is_marker(text, start, begun, edge, lines):
                continue
            if held is not None:
                yield held
            held, has_word = edge, False
    if held is not None and (has_word or WORD.search(text, seen, end)):
        yield held
    yield end


def is_marker(text: str, paragraph: int, start: int, end: int, lines: frozenset[int]) -> bool:
    """Return whether a stretch is only the number of a list item, and not the answer to a question before it."""
    if not MARKER.fullmatch(text, start, end):
        return False
    return start in lines or not text[max(paragraph, start - EDGE_CONTEXT) : start].rstrip().endswith("?")


def strip_span(text: str, span: Span) -> Span:
    """Return the span without white space at its ends."""
    piece = text[span.start : span.end]
    start, end = span.start + len(piece) - len(piece.lstrip()), span.start + len(piece.rstrip())
    return Span(start, end, span.ends_paragraph, span.verse_lines)
