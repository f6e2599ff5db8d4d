"""The bytes of whole answers until they are sent: short ones in memory, longer ones in temporary files."""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile

from app.errors import AnswerTooLarge, Busy, IntoneError, NoStorage

IN_MEMORY_BYTES = 256 * 1024
"""An answer up to this size needs no file and does not count: six seconds of WAV."""
BLOCK_BYTES = 96 * 1024
"""What is read at a time; a multiple of 3, so that the base64 of blocks is the base64 of the whole."""
BYTES_PER_MB = 1_000_000
GROWTH = 1.25
"""Of a reservation that is used up. If each grew by what it needs next, answers made side by side would reach the bound
together, and all would fail; so the first one that fails leaves room for four others."""

_STREAM = 'request a stream ("stream": true), which needs no storage'

logger = logging.getLogger("intone.spool")


class SpoolBudget:
    """The bytes that all spools together may reserve; safe between threads."""

    def __init__(self, megabytes: int) -> None:
        self.most_bytes = megabytes * BYTES_PER_MB
        self.reserved = 0
        self._lock = threading.Lock()

    def reserve(self, count: int) -> None:
        """Take so many bytes, or give some back if negative; raises `Busy` if they are not free now."""
        with self._lock:
            if count > 0 and self.reserved + count > self.most_bytes:
                raise Busy(
                    f"Complete answers take all of the {self.most_bytes // BYTES_PER_MB} MB that they share.",
                    hint=f"Try again after the seconds in Retry-After, or {_STREAM}.",
                )
            self.reserved += count


class Spool:
    """One answer: an `OutputFile` for its encoder, then blocks for its sender. Used by one thread at a time.

    Writing never raises, because encoders write from C, which loses exceptions: `check` raises what went wrong.
    """

    def __init__(self, budget: SpoolBudget) -> None:
        self.size = 0
        self._budget = budget
        self._reserved = 0
        self._file = SpooledTemporaryFile(IN_MEMORY_BYTES)
        self._failure: IntoneError | None = None

    def __del__(self) -> None:
        """Close what nobody sent, because the client left first."""
        self.close()

    def reserve(self, size: int) -> None:
        """Reserve room for an answer of at least so many bytes.

        Raises `AnswerTooLarge` if it can never have it, `Busy` if it cannot have it now.
        """
        if size <= max(self._reserved, IN_MEMORY_BYTES):
            return
        if size > self._budget.most_bytes:
            raise AnswerTooLarge(
                f"{size / BYTES_PER_MB:.1f} MB are more than the {self._budget.most_bytes // BYTES_PER_MB} MB that "
                "complete answers share.",
                hint=f"Send the text in parts, or {_STREAM}; the operator may raise INTONE_SPOOL_MB.",
            )
        self._resize(max(size, min(int(self._reserved * GROWTH), self._budget.most_bytes)))

    def check(self) -> None:
        """Raise what went wrong while writing."""
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
            except OSError as error:  # it writes what is buffered
                self._fail(error)
        return 0

    def tell(self) -> int:
        return self._file.tell() if self._usable else 0

    def seekable(self) -> bool:
        """True: a file's head may state what is known at the end."""
        return True

    def append(self, data: bytes) -> None:
        """Write at the end, however large the data, and raise what went wrong."""
        self.seek(0, io.SEEK_END)
        self.write(data)
        self.check()

    def finish(self) -> None:
        """Write what is buffered, and raise what went wrong: nothing may fail once the headers are sent."""
        try:
            self._file.flush()
        except OSError as error:
            self._fail(error)
        self.check()
        self._resize(self.size if self.size > IN_MEMORY_BYTES else 0)

    def blocks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of a part, block by block; reads a file, so not for an event loop."""
        for place in range(start, stop, BLOCK_BYTES):
            self._file.seek(place)
            yield self._file.read(min(BLOCK_BYTES, stop - place))

    def sha256(self) -> str:
        """The hash of all bytes, in hexadecimal digits."""
        digest = hashlib.sha256()
        for block in self.blocks(0, self.size):
            digest.update(block)
        return digest.hexdigest()

    def close(self) -> None:
        """Delete the file and give its room back; may be called again."""
        with suppress(OSError):  # a full disk fails once more
            self._file.close()
        self._resize(0)

    @property
    def _usable(self) -> bool:
        """Whether it still takes bytes: an encoder may go on for a moment after a failure, or after the end."""
        return self._failure is None and not self._file.closed

    def _resize(self, reservation: int) -> None:
        self._budget.reserve(reservation - self._reserved)
        self._reserved = reservation

    def _fail(self, error: IntoneError | OSError) -> None:
        if isinstance(error, OSError):
            logger.error("A temporary file cannot be written: %s", error.strerror or type(error).__name__)
            error = NoStorage("The temporary file of the answer cannot be written.", hint=f"{_STREAM.capitalize()}.")
        self._failure = error
