"""One chapter, and how its time is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_CHAPTERS = 999
"""The names of Vorbis comments have three digits for them."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of a file, up to the next one."""

    title: str
    start: float
    """Seconds."""


def comments(chapters: Sequence[Chapter]) -> Iterator[tuple[str, str]]:
    """As Vorbis comments, names and values; the values of times are always as long."""
    for number, chapter in enumerate(chapters, 1):
        yield f"CHAPTER{number:03}", clock(chapter.start)
        yield f"CHAPTER{number:03}NAME", chapter.title


def clock(seconds: float) -> str:
    """Hours, minutes, seconds and milliseconds: `01:02:03.450`."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{whole:02}.{milliseconds:03}"
