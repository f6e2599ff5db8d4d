"""Samples and chapters -> a file on disk, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from app.audio.chapters import flac, mp3, opus
from app.audio.chapters.chapter import Chapter
from app.audio.chapters.cue import write_sheet
from app.audio.encode import save
from app.audio.writers import OutputFile, Writer
from app.types import Samples


class _Form(NamedTuple):
    """How a format holds chapters."""

    begin: Callable[[OutputFile, int, Sequence[Chapter]], Writer]
    """File, sample rate (Hertz), chapters without times -> what writes the sound."""
    fill: Callable[[BinaryIO, Sequence[Chapter], float], None]
    """The whole file, its chapters, its seconds."""


_FORMS = {
    "flac": _Form(flac.begin, flac.fill),
    "opus": _Form(opus.begin, opus.fill),
    "mp3": _Form(mp3.begin, mp3.fill),
}


def save_with_chapters(
    path: Path,
    format: str,
    sample_rate: int,
    pieces: Iterable[Samples],
    titles: Sequence[str],
    starts: Callable[[], Sequence[float]],
) -> Path | None:
    """Write the file, and tell where the chapters are: in it or beside it; None where a pipe gets the sound alone.

    `starts` is asked once the pieces have ended, for the beginning (seconds) of every chapter. What was written before
    an error is a whole, shorter file.
    """
    form = _FORMS.get(format)
    if form is None or not _is_file(path):
        save(path, format, sample_rate, pieces)
        return write_sheet(path, _chapters(titles, starts())) if _is_file(path) else None
    with path.open("w+b") as file:
        writer, count = form.begin(file, sample_rate, [Chapter(title, 0.0) for title in titles]), 0
        try:
            for samples in pieces:
                writer.push(samples)
                count += len(samples)
        finally:
            writer.end()
            if count:
                form.fill(file, _chapters(titles, starts()), count / sample_rate)
    return path


def _is_file(path: Path) -> bool:
    """Whether it is, or will be, a file in a folder: no pipe and no device."""
    return path.is_file() or not path.exists()


def _chapters(titles: Sequence[str], starts: Sequence[float]) -> list[Chapter]:
    return [Chapter(title, start) for title, start in zip(titles, starts, strict=True)]
