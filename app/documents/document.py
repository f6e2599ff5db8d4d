"""Define what every reader returns: a document with its chapters, and the bounds of what is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.text.headings import normalize_title
from app.types import InputFormat, PlanWarning

MAX_DOCUMENT_CHARS = 20_000_000
"""Maximum characters of a document's text; the longest novels have under ten million."""
MAX_TITLE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Chapter:
    """Chapter of a document."""

    title: str
    """For lists of chapters; the text begins with its heading, unless the document has none there."""
    text: str
    format: InputFormat = InputFormat.TEXT


@dataclass(frozen=True, slots=True)
class Document:
    """What a file contains for a listener."""

    title: str
    author: str
    """Several authors are separated by commas; empty if unknown, as the title."""
    language: str
    """BCP 47 tag as the document has it; empty if unknown."""
    cover: bytes | None
    """Image, JPEG or PNG."""
    chapters: tuple[Chapter, ...]
    """At least one, in reading order."""
    warnings: tuple[PlanWarning, ...] = ()
    """What is not read, each kind once."""


@dataclass(frozen=True, slots=True)
class Block:
    """Paragraph or heading of a document."""

    text: str
    level: int = 0
    """1 to 6 for a heading."""
    anchors: tuple[str, ...] = ()
    """Names with which links lead to the block."""


def clean_line(text: str) -> str:
    """Return a title or name in one line, without characters that cannot be printed."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:MAX_TITLE_CHARS]


def join_blocks(title: str, blocks: Sequence[Block]) -> Chapter:
    """Return a chapter of blocks; its title is spoken before a text that does not begin with a heading."""
    texts = [block.text for block in blocks]
    if title and not (blocks and (blocks[0].level or normalize_title(blocks[0].text) == normalize_title(title))):
        texts.insert(0, title)
    return Chapter(title, "\n\n".join(texts))


def split_at_headings(blocks: Sequence[Block], title: str) -> tuple[Chapter, ...]:
    """Return a chapter for each heading of the two highest levels that occur; `title` is that of text before them.

    Headings that follow each other, such as a number and a title, are one.
    """
    levels = sorted({block.level for block in blocks if block.level})[:2]
    starts: list[tuple[int, str]] = []
    for place, block in enumerate(blocks):
        if block.level not in levels:
            continue
        if starts and starts[-1][0] + 1 == place and blocks[place - 1].level:
            starts[-1] = (starts[-1][0], f"{starts[-1][1]}. {clean_line(block.text)}")
        else:
            starts.append((place, clean_line(block.text)))
    if not starts or starts[0][0]:
        starts.insert(0, (0, ""))
    ends = [start for start, _ in starts[1:]] + [len(blocks)]
    chapters = [join_blocks(name, blocks[start:end]) for (start, name), end in zip(starts, ends, strict=True)]
    return tuple(one if one.title else replace(one, title=title) for one in chapters if one.text.strip())
