"""Chapters beside a file: a cue sheet, which players find by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.audio.chapters.chapter import Chapter

_FRAMES = 75
"""Parts of a second that a sheet counts in."""


def write_sheet(sound: Path, chapters: Sequence[Chapter]) -> Path:
    """Write the sheet of a file beside it; where it is."""
    path = sound.with_suffix(".cue")
    path.write_text("".join(f"{line}\n" for line in _lines(sound, chapters)), encoding="utf-8")
    return path


def _lines(sound: Path, chapters: Sequence[Chapter]) -> Iterator[str]:
    yield f'FILE "{_quoted(sound.name)}" WAVE'
    for number, chapter in enumerate(chapters, 1):
        yield f"  TRACK {number:02} AUDIO"
        yield f'    TITLE "{_quoted(chapter.title)}"'
        yield f"    INDEX 01 {_time(chapter.start)}"


def _time(seconds: float) -> str:
    """Minutes, seconds and frames."""
    whole, frames = divmod(int(seconds * _FRAMES), _FRAMES)
    minutes, whole = divmod(whole, 60)
    return f"{minutes:02}:{whole:02}:{frames:02}"


def _quoted(text: str) -> str:
    """A sheet has no way to write a quotation mark."""
    return text.replace('"', "'")
