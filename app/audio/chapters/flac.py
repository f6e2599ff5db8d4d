"""Chapters in FLAC: the block of comments is begun with blanks, and written anew at the end (RFC 9639, 8.6)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO

from app.audio.chapters.chapter import Chapter, comments
from app.audio.writers import FlacWriter, OutputFile, Writer

_MAKER = b"Intone"
_MARK = b"fLaC"
_PADDING, _COMMENTS = 1, 4
"""Kinds of blocks."""
_LAST = 0x80


def begin(file: OutputFile, sample_rate: int, chapters: Sequence[Chapter]) -> Writer:
    """A writer that leaves room for the chapters, and for the head of a block that fills what is left of it."""
    return FlacWriter(file, sample_rate, comment=" " * len(_content(chapters)))


def fill(file: BinaryIO, chapters: Sequence[Chapter], seconds: float) -> None:
    """Put the chapters in place of the blanks."""
    place, size, last = _find(file)
    content = _content(chapters)
    rest = size - len(content) - 4
    file.seek(place)
    file.write(_head(_COMMENTS, len(content)) + content + _head(_PADDING | last, rest) + bytes(rest))


def _content(chapters: Sequence[Chapter]) -> bytes:
    written = [f"{name}={value}".encode() for name, value in comments(chapters)]
    return b"".join(
        [struct.pack("<I", len(_MAKER)), _MAKER, struct.pack("<I", len(written))]
        + [struct.pack("<I", len(one)) + one for one in written]
    )


def _find(file: BinaryIO) -> tuple[int, int, int]:
    """Where the block of comments begins, the bytes behind its head, and its flag of being the last."""
    place = len(_MARK)
    while True:
        file.seek(place)
        kind, *size = file.read(4)
        length = int.from_bytes(size, "big")
        if kind & ~_LAST == _COMMENTS:
            return place, length, kind & _LAST
        place += 4 + length


def _head(kind: int, size: int) -> bytes:
    return bytes([kind]) + size.to_bytes(3, "big")
