"""Store complete responses until they are sent: short ones in memory, longer ones in temporary files."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile

from app.errors import AnswerTooLarge, Busy, IntoneError, NoStorage

IN_MEMORY_BYTES = 256 * 1024
"""Maximum size of a response that needs no file and no reservation: six seconds of WAV."""
BLOCK_BYTES = 96 * 1024
"""Size of a read; a multiple of 3, so that the joined base64 of all blocks is the base64 of the whole."""
BYTES_PER_MB = 1_000_000
RESERVATION_GROWTH = 1.25
"""Factor of an exhausted reservation. If each grew only by what it needs next, concurrent responses would reach the
limit together, and all would fail; with this factor, the first one that fails leaves room for four others."""

_STREAM_HINT = 'request a stream ("stream": true), which needs no storage'

logger = logging.getLogger("intone.spool")


class SpoolBudget:
    """Limit on the bytes that all spools together may reserve; thread-safe."""

    def __init__(self, megabytes: int) -> None:
        self.most_bytes = megabytes * BYTES_PER_MB
        self.reserved = 0
        self._lock = threading.Lock()

    def reserve(self, count: int) -> None:
        """Reserve a number of bytes, or release them if negative; raise `Busy` if they are not available now."""
        with self._lock:
            if count > 0 and self.reserved + count > self.most_bytes:
                raise Busy(
                    f"Complete answers take all of the {self.most_bytes // BYTES_PER_MB} MB that they share.",
                    hint=f"Try again after the seconds in Retry-After, or {_STREAM_HINT}.",
                )
            self.reserved += count


class Spool:
    """Storage of one response: an `OutputFile` for the encoder, then blocks to send. Used by one thread at a time.

    Writing never raises, because encoders write from C, which loses exceptions; `check` raises the error instead.
    """

    def __init__(self, budget: SpoolBudget) -> None:
        self.size = 0
        self._budget = budget
        self._reserved = 0
        self._file = SpooledTemporaryFile(IN_MEMORY_BYTES)
        self._failure: IntoneError | None = None

    def __del__(self) -> None:
        """Close a spool that was never sent because the client left first."""
        self.close()

    def reserve(self, size: int) -> None:
        """Reserve room for a response of at least `size` bytes.

        Raise `AnswerTooLarge` if it exceeds the limit of all spools, `Busy` if the room is not available now.
        """
        if size <= max(self._reserved, IN_MEMORY_BYTES):
            return
        if size > self._budget.most_bytes:
            raise AnswerTooLarge(
                f"{size / BYTES_PER_MB:.1f} MB are more than the {self._budget.most_bytes // BYTES_PER_MB} MB that "
                "complete answers share.",
                hint=f"Send the text in parts, or {_STREAM_HINT}; the operator may raise INTONE_SPOOL_MB.",
            )
        self._resize(max(size, min(int(self._reserved * RESERVATION_GROWTH), self._budget.most_bytes)))

    def check(self) -> None:
        """Raise the error that occurred while writing."""
        if self._failure is not None:
            raise self._failure

    def write(self, data: bytes, /) -> int:
        if self._usable:
            try:
                end = self._file.tell() + len(data)
                self.reserve(end)
                self._file.write(data)
                self.size = max(self.size, end)
            except (IntoneError, OSError) as error:
                self._fail(error)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if self._usable:
            try:
                return self._file.seek(offset, whence)
            except OSError as error:  # seeking writes buffered bytes
                self._fail(error)
        return 0

    def tell(self) -> int:
        return self._file.tell() if self._usable else 0

    def seekable(self) -> bool:
        """Return True: encoders go back to complete the header of a file at the end."""
        return True

    def append(self, data: bytes) -> None:
        """Write data of any size at the end, and raise any error of writing."""
        self.seek(0, io.SEEK_END)
        self.write(data)
        self.check()

    def finish(self) -> None:
        """Flush buffered bytes and raise any error of writing: nothing may fail after the headers are sent."""
        try:
            self._file.flush()
        except OSError as error:
            self._fail(error)
        self.check()
        self._resize(self.size if self.size > IN_MEMORY_BYTES else 0)

    def blocks(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of a part in blocks; reads a file, so not for an event loop."""
        for place in range(start, stop, BLOCK_BYTES):
            self._file.seek(place)
            yield self._file.read(min(BLOCK_BYTES, stop - place))

    def close(self) -> None:
        """Delete the file and release its reservation; may be called again."""
        with suppress(OSError):  # on a full disk, closing fails again
            self._file.close()
        self._resize(0)

    @property
    def _usable(self) -> bool:
        """Whether the spool accepts bytes: an encoder may continue for a moment after a failure, or after the end."""
        return self._failure is None and not self._file.closed

    def _resize(self, reservation: int) -> None:
        self._budget.reserve(reservation - self._reserved)
        self._reserved = reservation

    def _fail(self, error: IntoneError | OSError) -> None:
        if isinstance(error, OSError):
            logger.error("A temporary file cannot be written: %s", error.strerror or type(error).__name__)
            error = NoStorage(
                "The temporary file of the answer cannot be written.", hint=f"{_STREAM_HINT.capitalize()}."
            )
        self._failure = error
