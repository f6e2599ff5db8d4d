"""Chapters in MP3: a tag in front of the sound (ID3v2.4 and its chapter frames), as long without times as with them."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import BinaryIO

from app.audio.chapters.chapter import Chapter
from app.audio.compressed import MP3, CompressedWriter
from app.audio.writers import OutputFile, Writer

_UTF_8 = b"\x03"
_TOP_AND_ORDERED = 3
_MOST_LISTED = 255
"""A table of contents has a byte for their number; without one the chapters still stand in their order."""
_NO_OFFSET = 0xFFFFFFFF


def begin(file: OutputFile, sample_rate: int, chapters: Sequence[Chapter]) -> Writer:
    """A writer behind a tag that has no times yet."""
    tag = _tag(chapters, 0)
    file.write(tag)
    return CompressedWriter(MP3, _Behind(file, len(tag)), sample_rate)


def fill(file: BinaryIO, chapters: Sequence[Chapter], seconds: float) -> None:
    """Write the tag over the one without times; the last chapter ends with the sound (seconds)."""
    file.seek(0)
    file.write(_tag(chapters, seconds))


class _Behind:
    """A file without its first bytes."""

    def __init__(self, file: OutputFile, skipped: int) -> None:
        self._file = file
        self._skipped = skipped

    def write(self, data: bytes, /) -> int:
        return self._file.write(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset + (self._skipped if whence == io.SEEK_SET else 0), whence) - self._skipped

    def tell(self) -> int:
        return self._file.tell() - self._skipped

    def seekable(self) -> bool:
        return self._file.seekable()


def _tag(chapters: Sequence[Chapter], end: float) -> bytes:
    starts = [*(chapter.start for chapter in chapters), end]
    frames = b"".join(
        _frame(b"CHAP", _name(number) + _span(*span) + _frame(b"TIT2", _UTF_8 + chapter.title.encode()))
        for number, (chapter, span) in enumerate(zip(chapters, pairwise(starts), strict=True))
    )
    if len(chapters) <= _MOST_LISTED:
        names = b"".join(map(_name, range(len(chapters))))
        frames = _frame(b"CTOC", b"toc\0" + bytes([_TOP_AND_ORDERED, len(chapters)]) + names) + frames
    return b"ID3\x04\0\0" + _size(len(frames)) + frames


def _name(number: int) -> bytes:
    return f"ch{number}".encode() + b"\0"


def _span(start: float, end: float) -> bytes:
    """From and to, in milliseconds; bytes are left open."""
    return struct.pack(">IIII", round(start * 1000), round(end * 1000), _NO_OFFSET, _NO_OFFSET)


def _frame(kind: bytes, content: bytes) -> bytes:
    return kind + _size(len(content)) + b"\0\0" + content


def _size(count: int) -> bytes:
    """Seven bits a byte, so that it never looks like the beginning of a frame of sound."""
    return bytes(count >> shift & 0x7F for shift in (21, 14, 7, 0))
