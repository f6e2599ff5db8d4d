"""Text -> spans of its sentences, in code points of the original, and the headings of a book."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sentencex import get_sentence_boundaries

LANGUAGE = "en"
LOOK = 24
"""Code points before and behind an edge that decide about it."""
STARTERS = (
    "A|An|And|Are|As|At|But|Can|Did|Do|Does|For|He|Her|His|How|I|If|In|Is|It|Its|Let|My|No|Not|Now|On|Once|Or|Our|"
    "She|So|That|The|Their|Then|There|These|They|This|Those|We|Were|What|When|Where|Who|Why|Will|Would|Yes|You|Your"
)
"""Words that hardly begin a name, so that a capital letter at their head means a new sentence."""
NO_STARTERS = (
    "Mon|Tues?|Wed|Thu|Thurs|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|"
    "[ECMP][SD]?T|GMT|UTC|BST|CES?T|London|Paris|Eastern|Central|Pacific|Mountain"
)
"""What stands behind a time of day within the same sentence."""
EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff\ufe0f\u200d"
FALSE_ENDS = (
    (r"(?:^|[\s(])(?:approx|temp|viz|cf|dept|resp|incl|excl|avg)\.\s+$", r""),
    (r"(?:^|[\s(])(?:Ft|Mt|Messrs|Mss|Pvt|Cpl|Cmdr|Brig)\.\s+$", r"[A-Z]"),
    (r"\b[ap]\.m\.\s+$", rf"(?:{NO_STARTERS})"),
    (r"[A-Za-z]\.$", r"[A-Z]{2,}\b"),
    (r"(?:^|[^?\s]\s+)\(?\d{1,2}[.)]\s+$", r"[\"“‘]?[A-Z]"),
)
"""Pairs of what stands before and behind an edge that is none. The last is the number of an item in a list, which is
only looked for where nothing but that number stands between two edges."""
MISSED = re.compile(
    rf"…[\"”’)]{{0,3}}\s{{1,9}}(?=[\"“‘(]?[A-Z])(?!I\b)"
    rf"|[.!?][\"”’]?\)\s{{1,9}}(?=[\"“‘]?[A-Z])"
    rf"|[{EMOJI}]\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|\b[ap]\.m\.\s{{1,9}}(?=[A-Z])(?!{NO_STARTERS})"
    rf"|\b(?:St|Rd|Ave|Blvd|Inc|Ltd|Corp|Co|Jr|Sr|etc|U\.S|U\.K|D\.C)\.\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|(?<![\w.])[Oo][Kk]\.\s{{1,9}}(?=[A-Za-z])"
)
"""Ends of sentences that are often not seen, up to where the next one begins."""
NUMBER_ALONE = re.compile(r"\s*\(?\d{1,2}[.)]\s*")
FALSE = tuple((re.compile(before), re.compile(behind)) for before, behind in FALSE_ENDS)


def sentence_starts(text: str) -> list[int]:
    """Places at which second and later sentences begin, in order; the text holds no lone surrogates."""
    found = {boundary["start_index"] for boundary in get_sentence_boundaries(LANGUAGE, text)}
    found |= {match.end() for match in MISSED.finditer(text)}
    starts: list[int] = []
    previous = 0
    for edge in sorted(edge for edge in found if 0 < edge < len(text)):
        if not is_false(text, previous, edge):
            starts.append(edge)
            previous = edge
    return starts


def is_false(text: str, previous: int, edge: int) -> bool:
    """Whether no sentence ends at an edge."""
    before, behind = text[max(0, edge - LOOK) : edge], text[edge : edge + LOOK]
    *rules, (number_before, number_behind) = FALSE
    if NUMBER_ALONE.fullmatch(text, previous, edge):
        rules.append((number_before, number_behind))
    return any(left.search(before) and right.match(behind) for left, right in rules)


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


LONGEST_TITLE = 100
"""Characters; the rest is left out where chapters are listed, and spoken all the same."""
MARKDOWN_LEVELS = 6
PARAGRAPH = "\u2029"
"""A character that ends one."""
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_NUMBER = rf"(?:\d{{1,4}}|[ivxlcdm]{{1,9}}|(?:{_TENS})[- ](?:{_ONES})|{_TENS}|{_TEENS}|{_ONES})"
_BARE = re.compile(rf"(?:chapter|part|book) {_NUMBER}[.:]?", re.IGNORECASE)
_TITLED = re.compile(rf"(?:chapter|part|book) {_NUMBER}(?:[.:,]| ?[—–-]) ?\S.{{0,100}}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading."""

    title: str
    start: int
    """Code points from the beginning of the text."""


@dataclass(frozen=True, slots=True)
class Book:
    """A text with its headings."""

    text: str
    """As it is spoken: without the marks of Markdown, in whose place is white space, so that all else stays in its."""
    headings: tuple[Heading, ...]


def read_book(text: str) -> Book:
    """Find lines such as `Chapter 1`, `CHAPTER ONE. Title` (alone in their paragraph) and `# Title`."""
    lines = text.split("\n")
    spoken: list[str] = []
    headings: list[Heading] = []
    place = 0
    for number, line in enumerate(lines):
        unmarked = without_marks(line)
        found = unmarked or numbered_title(lines, number)
        if title := printable(" ".join(found.split()))[:LONGEST_TITLE]:
            headings.append(Heading(title, place + len(line) - len((unmarked or line).lstrip())))
        spoken += [unmarked or line, PARAGRAPH if unmarked else "\n"]
        place += len(line) + 1
    return Book("".join(spoken[:-1]), tuple(headings))


def without_marks(line: str) -> str:
    """A heading of Markdown as a paragraph of its own, as long as the line; empty where that is none."""
    level = len(line) - len(line.lstrip("#"))
    title = line[level:].rstrip("# \t\r")
    if not 1 <= level <= MARKDOWN_LEVELS or not title.startswith(" "):
        return ""
    return (PARAGRAPH + " " * (level - 1) + title).ljust(len(line))


def numbered_title(lines: Sequence[str], number: int) -> str:
    """Of a line that begins a paragraph of a numbered heading and nothing else, perhaps with its title below."""
    line, below = " ".join(lines[number].split()), line_at(lines, number + 1)
    if not line[:1].lower().startswith(("c", "p", "b")) or line_at(lines, number - 1):
        return ""
    if _BARE.fullmatch(line):
        alone = not below or not line_at(lines, number + 2)
        return f"{line} {below}".strip() if alone and len(below) <= LONGEST_TITLE else ""
    return line if not below and _TITLED.fullmatch(line) else ""


def printable(title: str) -> str:
    """What can stand in a list."""
    return "".join(character for character in title if character.isprintable())


def line_at(lines: Sequence[str], number: int) -> str:
    """A line without white space around it; empty outside of the text."""
    return lines[number].strip() if 0 <= number < len(lines) else ""
