"""The markup within a clause, written anew: only what changes its reading, and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from app.plan import Mark
from app.text.ssml.readings import Reading


def fragment(text: str, readings: Sequence[Reading], marks: Sequence[Mark]) -> str:
    """What may stand within a root and is read as this clause is; nothing where plain text would do."""
    if not readings and not marks:
        return ""
    written, position, waiting = [], 0, list(reversed(marks))
    for reading in whole(readings):
        written += marked(text, position, reading.start, waiting, reading.start + 1)
        inside = marked(text, reading.start, reading.end, waiting, reading.end)
        written += [f"<{reading.tag}>", *inside, f"</{reading.tag.split(' ', 1)[0]}>"]
        position = reading.end
    return "".join([*written, *marked(text, position, len(text), waiting, len(text) + 1)])


def whole(readings: Sequence[Reading]) -> list[Reading]:
    """The readings of one element as one."""
    joined: list[Reading] = []
    for reading in readings:
        if joined and reading.continues:
            joined[-1] = replace(joined[-1], end=reading.end)
        else:
            joined.append(reading)
    return joined


def marked(text: str, start: int, end: int, waiting: list[Mark], until: int) -> list[str]:
    """A stretch of text with the marks before a place; they are taken off the end of `waiting`."""
    written = []
    while waiting and waiting[-1].place < until:
        mark = waiting.pop()
        written += [escape(text[start : mark.place]), tag(mark)]
        start = mark.place
    return [*written, escape(text[start:end])]


def tag(mark: Mark) -> str:
    """The element of a mark."""
    return f"<mark name={quoteattr(mark.name)}/>"
