"""Split text into sentences, as spans in code points of the original, and find the headings of a book."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from app.text.lines import find_line_breaks
from app.text.normalization.cleaning import FOOTNOTE
from app.text.sentence_ends import EDGE_CONTEXT, find_sentence_starts

WINDOW = 2000
"""Maximum code points given to the segmenter at once: for some texts its time is quadratic in their length."""
LAST_SPACE = re.compile(r".*\s", re.DOTALL)
CRLF = re.compile("\r\n")
LINE_END = re.compile("[\r\v\f\x85\u2028]")
BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*|\u2029\s*")
WORD = re.compile(r"[^\W_]")
SURROGATE = re.compile("[\ud800-\udfff]")
UNPRONOUNCED_MARKS = re.compile(r"(?:[^\w\s\"'“‘«(\[{¿¡#@&$€£¥+~<-]+\s*)+")
"""Emoji and closing marks at the beginning of a sentence, which belong to the previous sentence."""
MARKER = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,5}|[IVX]{2,5})[.)]\s*")
"""The number or letter of a list item, which is no sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """The span of one sentence."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    ends_paragraph: bool = False
    verse_lines: tuple[int, ...] = ()
    """Offsets of the second and later lines of verse in the sentence."""


def segment(text: str) -> Iterator[Span]:
    """Yield the spans of all sentences, in order; they do not overlap and leave out only white space."""
    # Without the CR of each CRLF, a text is read exactly like one with LF. `removed` counts them for the offsets.
    removed = [match.start() - number for number, match in enumerate(CRLF.finditer(text))]
    # The segmenter is written in Rust and rejects lone surrogates; one character for each keeps the offsets.
    readable = SURROGATE.sub("\ufffd", text) if not text.isascii() else text
    readable = hide_footnotes(LINE_END.sub("\n", CRLF.sub("\n", readable) if removed else readable))
    for start, end in split_paragraphs(readable):
        for span in segment_paragraph(readable, start, end):
            first, last, *lines = (
                place + bisect_left(removed, place) for place in (span.start, span.end, *span.verse_lines)
            )
            yield strip_span(text, Span(first, last, span.ends_paragraph, tuple(lines)))


def unify_line_ends(text: str) -> str:
    """Return a text of the same length in which LF ends each line; CRLF becomes a blank and LF."""
    return LINE_END.sub("\n", CRLF.sub(" \n", text))


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


def segment_paragraph(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the sentences of one paragraph; the last one has `ends_paragraph`."""
    breaks = find_line_breaks(text, start, end)
    edges = (
        edge
        for a, b in pairwise((start, *breaks.sentences, end))
        for edge in chain((a,), starts(text, a, b))
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
        yield replace(before, ends_paragraph=True)


def starts(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets of the second and later sentences of a paragraph, window by window.

    A window begins with a sentence or, if that is longer than a window, somewhere inside it; that place is no edge.
    """
    while start < end:
        stop = min(start + WINDOW, end)
        found = [start + place for place in find_sentence_starts(text[start:stop])]
        yield from found
        if stop == end:
            return
        inside = LAST_SPACE.match(text, start, stop)
        # The segmenter does not see what follows the last words of a window, so the next window begins with them.
        start = found[-1] if found else inside.end() if inside else stop


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
    return replace(span, start=span.start + len(piece) - len(piece.lstrip()), end=span.start + len(piece.rstrip()))


MAX_TITLE_CHARS = 100
"""Maximum characters of a title in a list of chapters; the full title is spoken."""
MARKDOWN_LEVELS = 6
PARAGRAPH = "\u2029"
"""Unicode's paragraph separator."""
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_NUMBER = rf"(?:\d{{1,4}}|[ivxlcdm]{{1,9}}|(?:{_TENS})[- ](?:{_ONES})|{_TENS}|{_TEENS}|{_ONES})"
_BARE = re.compile(rf"(?:chapter|part|book) {_NUMBER}[.:]?", re.IGNORECASE)
_TITLED = re.compile(rf"(?:chapter|part|book) {_NUMBER}(?:[.:,]| ?[—–-]) ?\S.{{0,100}}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a book."""

    title: str
    start: int
    """Code points from the beginning of the text."""


@dataclass(frozen=True, slots=True)
class Book:
    """A text with its headings."""

    text: str
    """The text to speak: white space of the same length replaces Markdown's marks, so that offsets stay valid."""
    headings: tuple[Heading, ...]


def read_book(text: str) -> Book:
    """Find headings such as `Chapter 1`, `CHAPTER ONE. Title` (alone in their paragraph) and `# Title`."""
    lines = text.split("\n")
    spoken: list[str] = []
    headings: list[Heading] = []
    place = 0
    for number, line in enumerate(lines):
        unmarked = parse_markdown_heading(line)
        found = unmarked or parse_numbered_heading(lines, number)
        if title := remove_unprintable(" ".join(found.split()))[:MAX_TITLE_CHARS]:
            headings.append(Heading(title, place + len(line) - len((unmarked or line).lstrip())))
        spoken += [unmarked or line, PARAGRAPH if unmarked else "\n"]
        place += len(line) + 1
    return Book("".join(spoken[:-1]), tuple(headings))


def parse_markdown_heading(line: str) -> str:
    """Return a Markdown heading as a paragraph of its own, as long as the line; empty if the line is no heading."""
    level = len(line) - len(line.lstrip("#"))
    title = line[level:].rstrip("# \t\r")
    if not 1 <= level <= MARKDOWN_LEVELS or not title.startswith(" "):
        return ""
    return (PARAGRAPH + " " * (level - 1) + title).ljust(len(line))


def parse_numbered_heading(lines: Sequence[str], number: int) -> str:
    """Return the numbered heading that fills the paragraph beginning at a line, its title perhaps below; else empty."""
    line, below = " ".join(lines[number].split()), get_line(lines, number + 1)
    if not line[:1].lower().startswith(("c", "p", "b")) or get_line(lines, number - 1):
        return ""
    if _BARE.fullmatch(line):
        alone = not below or not get_line(lines, number + 2)
        return f"{line} {below}".strip() if alone and len(below) <= MAX_TITLE_CHARS else ""
    return line if not below and _TITLED.fullmatch(line) else ""


def remove_unprintable(title: str) -> str:
    """Return a title without characters that cannot be printed."""
    return "".join(character for character in title if character.isprintable())


def get_line(lines: Sequence[str], number: int) -> str:
    """Return a line without surrounding white space; empty outside the text."""
    return lines[number].strip() if 0 <= number < len(lines) else ""
