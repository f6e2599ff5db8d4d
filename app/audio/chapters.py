"""Write a file with chapters piece by piece, so that a book takes no more memory than a sentence.

FLAC and Opus files contain Vorbis comments (CHAPTER001, CHAPTER001NAME), MP3 files the chapter frames of ID3v2. Files
of other formats contain only audio, so they get a cue sheet next to them. The times of the chapters are not known until
the end of the audio, so libav copies the encoded audio from a temporary file after writing a head with the chapters.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import av

from app.audio.encode import FORMATS, save
from app.audio.files import is_replaceable, open_output
from app.types import Samples

if TYPE_CHECKING:
    from av.container.core import Chapter as ChapterFrame

MAX_CHAPTERS = 999
"""Maximum number of chapters; their numbers have three digits in the names of Vorbis comments."""
_CONTAINERS = {"flac": "flac", "opus": "ogg", "mp3": "mp3"}
"""libav's names of the containers of formats that support chapters."""
_SHEET_FRAMES = 75
"""Frames per second in the times of a cue sheet."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Chapter of a file, which ends at the next one."""

    title: str
    start: float
    """Seconds from the beginning of the file."""


def save_with_chapters(
    path: Path,
    format: str,
    sample_rate: int,
    pieces: Iterable[Samples],
    titles: Sequence[str],
    starts: Callable[[], Sequence[float]],
) -> Path | None:
    """Write the file; return the path that contains the chapters: the file's or that of the cue sheet next to it.

    A pipe and standard output get only the audio, and the function returns None. After the last piece, `starts` returns
    the start of every chapter in seconds. An error leaves no new file.
    """
    is_file = is_replaceable(path)
    if format not in _CONTAINERS or not is_file:
        save(path, format, sample_rate, pieces)
        return _write_sheet(path, _make_chapters(titles, starts())) if is_file else None
    # Opened first: an unwritable path fails before anything is spoken, and libav would read a colon in it as a URL.
    with open_output(path) as file, tempfile.TemporaryFile(dir=path.parent) as sound:
        writer, count = FORMATS[format].writer(sound, sample_rate), 0
        try:
            for samples in pieces:
                writer.push(samples)
                count += len(samples)
        finally:
            writer.end()
        if count:
            _copy_with_chapters(sound, file, format, _make_chapters(titles, starts()), count / sample_rate)
    return path


def _make_chapters(titles: Sequence[str], starts: Sequence[float]) -> list[Chapter]:
    return [Chapter(title, start) for title, start in zip(titles, starts, strict=True)]


def _copy_with_chapters(
    sound: BinaryIO, file: BinaryIO, format: str, chapters: Sequence[Chapter], seconds: float
) -> None:
    """Copy encoded audio, `seconds` long, into a file with chapters, the last of which ends with the audio."""
    sound.seek(0)
    container = _CONTAINERS[format]
    with (
        av.open(sound, "r") as source,
        av.open(file, "w", format=container, options={"fflags": "+bitexact"}) as target,
    ):
        encoded = source.streams.audio[0]
        copied = target.add_stream_from_template(encoded)
        if format == "mp3":
            target.set_chapters(list(_make_chapter_frames(chapters, seconds)))
        else:
            (target if format == "flac" else copied).metadata.update(_make_vorbis_comments(chapters))
        for packet in source.demux(encoded):
            if packet.dts is not None:  # the last packet is empty
                packet.stream = copied
                target.mux(packet)


def _make_chapter_frames(chapters: Sequence[Chapter], end: float) -> Iterator[ChapterFrame]:
    starts = [*(chapter.start for chapter in chapters), end]
    for number, (chapter, (start, stop)) in enumerate(zip(chapters, pairwise(starts), strict=True)):
        yield {
            "id": number,
            "start": round(start * 1000),
            "end": round(stop * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": chapter.title},
        }


def _make_vorbis_comments(chapters: Sequence[Chapter]) -> Iterator[tuple[str, str]]:
    for number, chapter in enumerate(chapters, 1):
        whole, milliseconds = divmod(round(chapter.start * 1000), 1000)
        minutes, whole = divmod(whole, 60)
        hours, minutes = divmod(minutes, 60)
        yield f"CHAPTER{number:03}", f"{hours:02}:{minutes:02}:{whole:02}.{milliseconds:03}"
        yield f"CHAPTER{number:03}NAME", chapter.title


def _write_sheet(sound: Path, chapters: Sequence[Chapter]) -> Path:
    """Write a cue sheet next to the audio file, and return the path of the sheet."""
    path = sound.with_suffix(".cue")
    text = "".join(f"{line}\n" for line in _make_sheet_lines(sound, chapters))
    with open_output(path) as file:
        file.write(text.encode())
    return path


def _make_sheet_lines(sound: Path, chapters: Sequence[Chapter]) -> Iterator[str]:
    yield f'FILE "{_replace_quotes(sound.name)}" WAVE'
    for number, chapter in enumerate(chapters, 1):
        whole, frames = divmod(int(chapter.start * _SHEET_FRAMES), _SHEET_FRAMES)
        minutes, whole = divmod(whole, 60)
        yield f"  TRACK {number:02} AUDIO"
        yield f'    TITLE "{_replace_quotes(chapter.title)}"'
        yield f"    INDEX 01 {minutes:02}:{whole:02}:{frames:02}"


def _replace_quotes(text: str) -> str:
    """Replace quotation marks, for which cue sheets have no escape."""
    return text.replace('"', "'")
