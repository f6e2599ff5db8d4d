"""Write a file with chapters, tags and a cover piece by piece, so that a book takes no more memory than a sentence.

FLAC and Opus files contain Vorbis comments (CHAPTER001, CHAPTER001NAME), MP3 files the chapter frames of ID3v2, and M4B
files the chapters of MP4. Files of other formats contain only audio, so they get a cue sheet next to them. The times of
the chapters are not known until the end of the audio, so libav copies the encoded audio from a temporary file after
writing a head with the chapters.
"""

from __future__ import annotations

import base64
import io
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import av
from av.stream import Disposition

from app.audio.encode import choose_writer, save
from app.audio.files import is_replaceable, open_output
from app.images import name_image_type
from app.types import Samples

if TYPE_CHECKING:
    from av.container.core import Chapter as ChapterFrame
    from av.container.output import OutputContainer
    from av.video.stream import VideoStream

MAX_CHAPTERS = 999
"""Maximum number of chapters; their numbers have three digits in the names of Vorbis comments."""
_CONTAINERS = {"flac": "flac", "opus": "ogg", "mp3": "mp3", "m4b": "mp4"}
"""libav's names of the containers of formats that support chapters and tags."""
TAGGED = frozenset(_CONTAINERS)
"""Formats whose files hold tags."""
_VORBIS = ("flac", "opus")
"""Formats whose chapters are Vorbis comments."""
_CONTAINER_OPTIONS = {"m4b": {"brand": "M4B "}}
_SHEET_FRAMES = 75
"""Frames per second in the times of a cue sheet."""
_FRONT_COVER = 3
"""Type of a picture in FLAC and in ID3."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Chapter of a file, which ends at the next one."""

    title: str
    start: float
    """Seconds from the beginning of the file."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says about itself; empty texts are left out."""

    title: str = ""
    author: str = ""
    comment: str = ""
    cover: bytes | None = None
    """Image, JPEG or PNG."""
    album: str = ""
    """Title of the book, in a file that holds one chapter."""
    track: str = ""
    """Number of the chapter, such as `2/12`."""

    def to_dict(self) -> dict[str, str]:
        """Return the tags that are texts, by libav's names."""
        names = ("title", self.title), ("artist", self.author), ("album_artist", self.author)
        genre = ("genre", "Audiobook" if self.title else "")
        rest = ("album", self.album or self.title), ("track", self.track), ("comment", self.comment)
        return {name: value for name, value in (*names, *rest, genre) if value}


def save_with_chapters(
    path: Path,
    format: str,
    sample_rate: int,
    pieces: Iterable[Samples],
    titles: Sequence[str],
    starts: Callable[[], Sequence[float]],
    tags: Tags | None = None,
    bit_rate: int | None = None,
) -> Path | None:
    """Write the file; return the path that contains the chapters: the file's or that of the cue sheet next to it.

    A pipe and standard output get only the audio, and the function returns None. After the last piece, `starts` returns
    the start of every chapter in seconds. `bit_rate` is in bits per second. An error leaves no new file.
    """
    is_file = is_replaceable(path)
    make_writer = choose_writer(format, bit_rate)
    if format not in _CONTAINERS or not is_file:
        save(path, format, sample_rate, pieces)
        if not is_file or not (titles or tags):
            return None
        return _write_sheet(path, _make_chapters(titles, starts()), tags or Tags())
    # Opened first: an unwritable path fails before anything is spoken, and libav would read a colon in it as a URL.
    with open_output(path) as file, tempfile.TemporaryFile(dir=path.parent) as sound:
        writer, count = make_writer(sound, sample_rate), 0
        try:
            for samples in pieces:
                writer.push(samples)
                count += len(samples)
        finally:
            writer.end()
        if count:
            chapters = _make_chapters(titles, starts())
            _copy_with_chapters(sound, file, format, chapters, count / sample_rate, tags or Tags())
    return path


def _make_chapters(titles: Sequence[str], starts: Sequence[float]) -> list[Chapter]:
    return [Chapter(title, start) for title, start in zip(titles, starts, strict=True)]


def _copy_with_chapters(
    sound: BinaryIO, file: BinaryIO, format: str, chapters: Sequence[Chapter], seconds: float, tags: Tags
) -> None:
    """Copy encoded audio, `seconds` long, into a file with chapters, the last of which ends with the audio."""
    sound.seek(0)
    options = {"fflags": "+bitexact", **_CONTAINER_OPTIONS.get(format, {})}
    with (
        av.open(sound, "r") as source,
        av.open(file, "w", format=_CONTAINERS[format], options=options) as target,
    ):
        encoded = source.streams.audio[0]
        copied = target.add_stream_from_template(encoded)
        if format not in _VORBIS:
            target.set_chapters(list(_make_chapter_frames(chapters, seconds)))
        comments = target.metadata if format != "opus" else copied.metadata  # an Ogg file has those of its streams
        comments.update(tags.to_dict() if tags != Tags() else {})
        if format in _VORBIS:
            comments.update(_make_vorbis_comments(chapters))
        if tags.cover and format == "opus":
            comments["METADATA_BLOCK_PICTURE"] = base64.b64encode(_make_picture_block(tags.cover)).decode()
        elif tags.cover:
            _add_cover(target, tags.cover)
        for packet in source.demux(encoded):
            if packet.dts is not None:  # the last packet is empty
                packet.stream = copied
                target.mux(packet)


def _add_cover(target: OutputContainer, cover: bytes) -> None:
    """Add a picture; it must come after the stream of audio and before its packets."""
    with av.open(io.BytesIO(cover), "r") as picture:
        image: VideoStream = target.add_stream_from_template(picture.streams.video[0])
        image.disposition = Disposition.attached_pic
        packet = next(packet for packet in picture.demux(video=0) if packet.size)
        packet.stream, packet.pts, packet.dts = image, 0, 0
        target.mux(packet)


def _make_picture_block(cover: bytes) -> bytes:
    """Return the block of FLAC with a picture (RFC 9639, 8.8), whose size a reader takes from the picture itself."""
    kind = name_image_type(cover).encode()
    head = struct.pack(">II", _FRONT_COVER, len(kind)) + kind + struct.pack(">I", 0)
    return head + struct.pack(">IIIII", 0, 0, 0, 0, len(cover)) + cover


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


def _write_sheet(sound: Path, chapters: Sequence[Chapter], tags: Tags) -> Path:
    """Write a cue sheet next to the audio file, and return the path of the sheet."""
    path = sound.with_suffix(".cue")
    text = "".join(f"{line}\n" for line in _make_sheet_lines(sound, chapters, tags))
    with open_output(path) as file:
        file.write(text.encode())
    return path


def _make_sheet_lines(sound: Path, chapters: Sequence[Chapter], tags: Tags) -> Iterator[str]:
    for name, value in (("REM COMMENT", tags.comment), ("TITLE", tags.title), ("PERFORMER", tags.author)):
        if value:
            yield f'{name} "{_replace_quotes(value)}"'
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
