"""Split text into sentences, as spans in code points of the original, and find the headings of a book."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentencex import get_sentence_boundaries

LANGUAGE = "en"
EDGE_CONTEXT = 24
"""Code points before and after an edge that decide whether a sentence ends there."""
STARTERS = (
    "A|An|And|Are|As|At|But|Can|Did|Do|Does|For|He|Her|His|How|I|If|In|Is|It|Its|Let|My|No|Not|Now|On|Once|Or|Our|"
    "She|So|That|The|Their|Then|There|These|They|This|Those|We|Were|What|When|Where|Who|Why|Will|Would|Yes|You|Your"
)
"""Words that rarely begin a name, so that a capital first letter means a new sentence."""
NO_STARTERS = (
    "Mon|Tues?|Wed|Thu|Thurs|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|"
    "[ECMP][SD]?T|GMT|UTC|BST|CES?T|London|Paris|Eastern|Central|Pacific|Mountain"
)
"""Words that may follow a time of day within the same sentence."""
EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff\ufe0f\u200d"
FALSE_ENDS = (
    (r"(?:^|[\s(])(?:approx|temp|viz|cf|dept|resp|incl|excl|avg)\.\s+$", r""),
    (r"(?:^|[\s(])(?:Ft|Mt|Messrs|Mss|Pvt|Cpl|Cmdr|Brig)\.\s+$", r"[A-Z]"),
    (r"\b[ap]\.m\.\s+$", rf"(?:{NO_STARTERS})"),
    (r"[A-Za-z]\.$", r"[A-Z]{2,}\b"),
    (r"(?:^|[^?\s]\s+)\(?\d{1,2}[.)]\s+$", r"[\"“‘]?[A-Z]"),
)
"""Pairs of patterns before and after an edge at which no sentence ends. The last pair is the number of a list item; it
applies only if nothing but that number stands between two edges."""
MISSED_ENDS = re.compile(
    rf"…[\"”’)]{{0,3}}\s{{1,9}}(?=[\"“‘(]?[A-Z])(?!I\b)"
    rf"|[.!?][\"”’]?\)\s{{1,9}}(?=[\"“‘]?[A-Z])"
    rf"|[{EMOJI}]\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|\b[ap]\.m\.\s{{1,9}}(?=[A-Z])(?!{NO_STARTERS})"
    rf"|\b(?:St|Rd|Ave|Blvd|Inc|Ltd|Corp|Co|Jr|Sr|etc|U\.S|U\.K|D\.C)\.\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|(?<![\w.])[Oo][Kk]\.\s{{1,9}}(?=[A-Za-z])"
)
"""Ends of sentences that the segmenter often misses, up to the start of the next sentence."""
NUMBER_ALONE = re.compile(r"\s*\(?\d{1,2}[.)]\s*")
FALSE_END_PATTERNS = tuple((re.compile(before), re.compile(behind)) for before, behind in FALSE_ENDS)


def find_sentence_starts(text: str) -> list[int]:
    """Return the offsets of the second and later sentences, in order; the text must hold no lone surrogates."""
    found = {boundary["start_index"] for boundary in get_sentence_boundaries(LANGUAGE, text)}
    found |= {match.end() for match in MISSED_ENDS.finditer(text)}
    starts: list[int] = []
    previous = 0
    for edge in sorted(edge for edge in found if 0 < edge < len(text)):
        if not is_false_end(text, previous, edge):
            starts.append(edge)
            previous = edge
    return starts


def is_false_end(text: str, previous: int, edge: int) -> bool:
    """Return whether no sentence ends at an edge."""
    before, behind = text[max(0, edge - EDGE_CONTEXT) : edge], text[edge : edge + EDGE_CONTEXT]
    *rules, (number_before, number_behind) = FALSE_END_PATTERNS
    if NUMBER_ALONE.fullmatch(text, previous, edge):
        rules.append((number_before, number_behind))
    return any(left.search(before) and right.match(behind) for left, right in rules)


WINDOW = 2000
"""Maximum code points given to the segmenter at once: for some texts its time is quadratic in their length."""
LAST_SPACE = re.compile(r".*\s", re.DOTALL)
BLANK_LINE = re.compile(r"(?:\r\n|[\n\r\v\f\x85\u2028\u2029])[^\S\n]*(?:\r\n|[\n\r\v\f\x85\u2028\u2029])\s*|\u2029\s*")
WORD = re.compile(r"[^\W_]")
SURROGATE = re.compile("[\ud800-\udfff]")
UNPRONOUNCED_MARKS = re.compile(r"(?:[^\w\s\"'“‘«(\[{¿¡#@&$€£¥+~<-]+\s*)+")
"""Emoji and closing marks at the beginning of a sentence, which belong to the previous sentence."""


@dataclass(frozen=True, slots=True)
class Span:
    """The span of one sentence."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    ends_paragraph: bool = False


def segment(text: str) -> Iterator[Span]:
    """Yield the spans of all sentences, in order; they do not overlap and leave out only white space."""
    # The segmenter is written in Rust and rejects lone surrogates; one character for each keeps the offsets.
    readable = SURROGATE.sub("\ufffd", text)
    for start, end in split_paragraphs(readable):
        yield from segment_paragraph(readable, start, end)


def split_paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each stretch between blank lines."""
    start = 0
    for gap in BLANK_LINE.finditer(text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def segment_paragraph(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the sentences of one paragraph; the last one has `ends_paragraph`."""
    before: Span | None = None
    for a, b in pairwise(merge_wordless(text, start, end, starts(text, start, end))):
        span = strip_span(text, a, b)
        if span.start < span.end:
            if before:
                yield before
            before = span
    if before:
        yield Span(before.start, before.end, ends_paragraph=True)


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


def merge_wordless(text: str, start: int, end: int, found: Iterator[int]) -> Iterator[int]:
    """Yield the edges of sentences that each hold a word, including both ends of the paragraph.

    Marks at the beginning of a sentence, and a sentence of nothing but marks, go to the previous sentence.
    """
    yield start
    held, seen, has_word = None, start, False
    for place in found:
        if place < seen:
            continue
        marks = UNPRONOUNCED_MARKS.match(text, place, end)
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


def strip_span(text: str, start: int, end: int) -> Span:
    """Return the span without white space at its ends."""
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))


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
