"""Format Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "<!-- python -m scripts.reference -->"
"""Comment that shows from where a page is generated."""


def make_page(title: str, *parts: str) -> str:
    """Return a page: a title and paragraphs."""
    return "\n\n".join((GENERATED, f"# {title}", *(part.strip() for part in parts if part.strip()))) + "\n"


def make_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [header, ["---"] * len(header), *(map(escape_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape_cell(text: str) -> str:
    """Return the text of a cell: one line with escaped bars."""
    return " ".join(text.split()).replace("|", "\\|")


def format_code(text: object) -> str:
    """Return a code span."""
    return f"`{text}`"


def format_codes(texts: Iterable[object]) -> str:
    """Return comma-separated code spans."""
    return ", ".join(map(format_code, texts))


def format_block(lines: Iterable[str], info: str) -> str:
    """Return a fenced code block."""
    return "\n".join((f"```{info}", *lines, "```"))
