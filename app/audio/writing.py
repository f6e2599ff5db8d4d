"""What every format's writer is and what it writes into."""

from __future__ import annotations

import io
from typing import Protocol

from app.audio.samples import Samples


class OutputFile(Protocol):
    """A file of bytes, on disk, in memory, or a `Sink`."""

    def write(self, data: bytes, /) -> int: ...

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int: ...

    def tell(self) -> int: ...

    def seekable(self) -> bool:
        """Whether what was written can be changed, so that the head may tell what is known at the end."""
        ...


class Writer(Protocol):
    """Writes one file; samples may come in pieces of any length, which change no byte of it."""

    def push(self, samples: Samples) -> None:
        """Take the next samples, as many as there are."""

    def end(self) -> None:
        """Write what is left, once; the file itself is left open. Without any sample before, it is valid and empty."""


class Sink:
    """A file whose bytes are handed out while it is written: holds only those that were not taken yet.

    Some writers go back at the end, to write into the head what they know by then. That head was sent with the first
    samples and cannot be changed any more: what is written over taken bytes is dropped.
    """

    def __init__(self) -> None:
        self.taken = 0
        """Bytes that were handed out."""
        self._waiting = bytearray()
        self._position = 0

    def take(self) -> bytes:
        """The bytes since the last time."""
        waiting, self._waiting = bytes(self._waiting), bytearray()
        self.taken += len(waiting)
        return waiting

    def write(self, data: bytes, /) -> int:
        place = self._position - self.taken
        kept = data[max(0, -place) :]
        place = max(0, place)
        self._waiting[place : place + len(kept)] = kept
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.taken + len(self._waiting)}
        self._position = origin[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def seekable(self) -> bool:
        """False, though libsndfile must be let move about: what was taken is gone."""
        return False
