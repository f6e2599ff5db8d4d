"""What `intone say` writes into a file: the sound, and its chapters where the text has headings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.chapters import MOST_CHAPTERS, save_with_chapters
from app.audio.encode import Samples
from app.audio.save import save
from app.text.headings import Heading

if TYPE_CHECKING:
    from app.rendering import Rendering


def save_book(
    path: Path, format: str, rendering: Rendering, pieces: Iterable[Samples], headings: Sequence[Heading]
) -> str:
    """Write the pieces of a rendering at its rate (Hertz); what was done, for people."""
    rate, kept = rendering.cast.sample_rate, headings[:MOST_CHAPTERS]
    if not kept:
        save(path, format, rate, pieces)
        return summary(path, rendering, "")
    titles = [heading.title for heading in kept]
    place = save_with_chapters(path, format, rate, pieces, titles, lambda: starts(rendering, kept))
    return summary(path, rendering, told(path, place, len(kept), len(headings)))


def starts(rendering: Rendering, headings: Sequence[Heading]) -> list[float]:
    """When each heading is spoken, in seconds; what was not reached begins at the end."""
    coming = iter(rendering.spoken)
    times, here = [], next(coming, None)
    for heading in headings:
        while here is not None and ends_before(here.span, heading.start):
            here = next(coming, None)
        times.append(rendering.seconds if here is None or here.start is None else here.start)
    return times


def ends_before(span: tuple[int, int] | None, place: int) -> bool:
    """Whether an utterance lies before a place in the text."""
    return span is None or span[1] <= place


def told(path: Path, place: Path | None, kept: int, found: int) -> str:
    """Where the chapters are."""
    count = f"{kept} chapter{'s' if kept != 1 else ''}"
    if kept < found:
        count = f"the first {count} of {found}"
    if place is None:
        return f", without its {count}: a pipe or device holds none"
    return f", {count}" if place == path else f", {count} in {place}"


def summary(path: Path, rendering: Rendering, chapters: str) -> str:
    """`book.flac: 1:02:03, 12 chapters`."""
    return f"{path}: {timedelta(seconds=round(rendering.seconds))}{chapters}"
