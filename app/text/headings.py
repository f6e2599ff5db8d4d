"""The headings of a book: where its chapters begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
