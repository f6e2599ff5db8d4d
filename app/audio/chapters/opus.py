"""Chapters in Opus: its comments are begun with times of nought, which are written over at the end (RFC 7845, 3533)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.audio.chapters.chapter import Chapter, comments
from app.audio.compressed import OPUS, CompressedWriter
from app.audio.writers import OutputFile, Writer

_HEAD = 27
"""Bytes of a page before the lengths of its segments."""
_SUM = 22
"""Where its checksum stands."""
_MARK = 8
"""Bytes of `OpusTags`, before the length of its maker's name."""
_FULL = 255
"""Length of a segment that the packet goes on behind."""
_POLYNOMIAL = 0x04C11DB7


def begin(file: OutputFile, sample_rate: int, chapters: Sequence[Chapter]) -> Writer:
    """A writer whose comments are as long as they will be."""
    return CompressedWriter(OPUS, file, sample_rate, tags=dict(comments(chapters)))


def fill(file: BinaryIO, chapters: Sequence[Chapter], seconds: float) -> None:
    """Write the times, and the checksums of the pages that hold them."""
    pages = list(_comment_pages(file))
    packet = _with_times(b"".join(page.content for page in pages), chapters)
    for page in pages:
        content, packet = packet[: len(page.content)], packet[len(page.content) :]
        file.seek(page.place)
        file.write(_with_sum(page.head, content))


@dataclass(frozen=True, slots=True)
class _Page:
    place: int
    head: bytes
    """With the lengths of its segments."""
    content: bytes


def _comment_pages(file: BinaryIO) -> Iterator[_Page]:
    """The pages behind the first one until its packet ends, which ends its page, too."""
    file.seek(0)
    _read_page(file)
    while True:
        page = _read_page(file)
        yield page
        if page.head[-1] != _FULL:
            return


def _read_page(file: BinaryIO) -> _Page:
    place = file.tell()
    head = file.read(_HEAD)
    lengths = file.read(head[-1])
    return _Page(place, head + lengths, file.read(sum(lengths)))


def _with_times(packet: bytes, chapters: Sequence[Chapter]) -> bytes:
    """The packet of comments with the times of the chapters, which are as long as those that it has."""
    times = {name.encode(): value.encode() for name, value in comments(chapters) if not name.endswith("NAME")}
    written = bytearray(packet)
    for place, name in _comments_in(packet):
        if name in times:
            begin = place + len(name) + 1
            written[begin : begin + len(times[name])] = times[name]
    return bytes(written)


def _comments_in(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Where each comment stands, and its name."""
    place = _MARK + 4 + _number(packet, _MARK)
    count = _number(packet, place)
    place += 4
    for _ in range(count):
        size = _number(packet, place)
        yield place + 4, packet[place + 4 : place + 4 + size].partition(b"=")[0]
        place += 4 + size


def _number(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 4], "little")


def _with_sum(head: bytes, content: bytes) -> bytes:
    page = head[:_SUM] + bytes(4) + head[_SUM + 4 :] + content
    return page[:_SUM] + _checksum(page).to_bytes(4, "little") + page[_SUM + 4 :]


def _checksum(data: bytes) -> int:
    """Ogg's CRC-32: the usual polynomial, the highest bit first, nothing inverted."""
    value = 0
    for byte in data:
        value = (value << 8) & 0xFFFFFFFF ^ _TABLE[value >> 24 ^ byte]
    return value


def _row(value: int) -> int:
    value <<= 24
    for _ in range(8):
        value = (value << 1 ^ (_POLYNOMIAL if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


_TABLE = tuple(map(_row, range(256)))
