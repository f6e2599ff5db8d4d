"""Find the headings of a book: `# Title` in Markdown, and `Chapter 1` in any text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

MAX_TITLE_CHARS = 100
"""Maximum characters of a title in a list of chapters; the full title is spoken."""
MARKDOWN = re.compile(r"#{1,6}[ \t]++([^\s#].*+|#[^\s#].*+)")
"""A heading of Markdown, with its title."""
FENCE = re.compile(r"[ \t>]*+(`{3,}+|~{3,}+)")
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_NUMBER = rf"(?:\d{{1,4}}|[ivxlcdm]{{1,9}}|(?:{_TENS})[- ](?:{_ONES})|{_TENS}|{_TEENS}|{_ONES})"
_BARE = re.compile(rf"(?:chapter|part|book) {_NUMBER}[.:]?", re.IGNORECASE)
_TITLED = re.compile(rf"(?:chapter|part|book) {_NUMBER}(?:[.:,]| ?[—–-]) ?\S.{{0,100}}", re.IGNORECASE)
_WORD_CHARACTER = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a book."""

    title: str
    start: int
    """Code points from the beginning of the text."""


def find_headings(text: str, *, markdown: bool) -> Iterator[Heading]:
    """Yield headings such as `Chapter 1`, `CHAPTER ONE. Title` (alone in their paragraph) and, in Markdown, `# Title`.

    Lines within fenced code are no headings.
    """
    lines = text.split("\n")
    place = 0
    fence = ""
    for number, line in enumerate(lines):
        if markdown and (found := FENCE.match(line)) and found[1].startswith(fence):
            fence = "" if fence else found[1]
        elif not fence:
            marked = MARKDOWN.match(line) if markdown else None
            title = marked[1].rstrip("# \t\r") if marked else find_numbered_heading(lines, number)
            if title := remove_unprintable(" ".join(title.split()))[:MAX_TITLE_CHARS]:
                start = marked.start(1) if marked else len(line) - len(line.lstrip())
                yield Heading(title, place + start)
        place += len(line) + 1


def find_numbered_heading(lines: Sequence[str], number: int) -> str:
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


def normalize_title(title: str) -> str:
    """Return the letters and digits of a title, to compare titles that differ in punctuation and case."""
    return "".join(_WORD_CHARACTER.findall(title.casefold()))


def find_heading_spans(text: str, headings: Sequence[Heading]) -> tuple[tuple[int, int], ...]:
    """Return the spans of headings in a text: the paragraphs at the beginning of a chapter that its title contains."""
    return tuple(
        (one.start, _find_heading_end(text, one, following.start if following else len(text)))
        for one, following in zip_longest(headings, headings[1:])
    )


def _find_heading_end(text: str, heading: Heading, end: int) -> int:
    """Return the end of the heading's paragraphs."""
    title, place, stop = normalize_title(heading.title), heading.start, heading.start
    while place < end:
        until = text.find("\n", place, end)
        until = end if until < 0 else until
        line = normalize_title(text[place:until])
        if line and line not in title:
            break
        stop, place = (until if line else stop), until + 1
    return max(stop, heading.start + 1)
