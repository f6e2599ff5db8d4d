"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- python -m scripts.reference -->"
"""Tells who would edit a page where it comes from."""


def page(title: str, *parts: str) -> str:
    """A whole file, of paragraphs."""
    return "\n\n".join((MADE, f"# {title}", *(part.strip() for part in parts if part.strip()))) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows under a header."""
    lines = [header, ["---"] * len(header), *(map(cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """What a table holds: one line, whose bars part nothing."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """As it is written."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Several, with commas."""
    return ", ".join(map(code, texts))


def block(lines: Iterable[str], kind: str) -> str:
    """Lines as they are."""
    return "\n".join((f"```{kind}", *lines, "```"))
