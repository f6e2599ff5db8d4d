"""Write log lines to standard error, for people or for programs, in a separate thread."""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

PACKAGE_LOGGER = "intone"
"""Name of the package's loggers; other loggers write only warnings and errors."""
MAX_WAITING = 10_000
"""Maximum records that wait to be written; further records are dropped and counted."""
DROPPED_MESSAGE = "%d log lines were dropped: standard error is not read as fast as they come"
CLOSING_SECONDS = 1.0
"""Maximum seconds to write the remaining records at the end."""
REPEAT_SECONDS = 1.0
"""Minimum seconds between two records from the same source line of another package."""

Clock = Callable[[], float]


@contextmanager
def logging_to_stderr(log_format: str) -> Iterator[LogWriter]:
    """Send all log records to standard error within the context; then restore the levels of the loggers."""
    writer = LogWriter(sys.stderr.fileno(), _JsonFormatter() if log_format == "json" else _ConsoleFormatter())
    writer.addFilter(Throttle())
    root, package = logging.getLogger(), logging.getLogger(PACKAGE_LOGGER)
    levels = root.level, package.level
    root.addHandler(writer)
    root.setLevel(logging.WARNING)
    package.setLevel(logging.INFO)
    try:
        yield writer
    finally:
        root.setLevel(levels[0])
        package.setLevel(levels[1])
        root.removeHandler(writer)
        writer.close()


class LogWriter(logging.Handler):
    """Log handler that passes records to a thread, which writes them to a file descriptor.

    If the descriptor is a pipe that its reader does not empty, only this thread blocks, possibly forever.
    """

    def __init__(self, descriptor: int, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.dropped = 0
        """Number of records dropped because too many were waiting."""
        self._descriptor = descriptor
        self._records: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record; `logging` calls this in one thread at a time."""
        if self._records.qsize() < MAX_WAITING:
            self._records.put(record)
        else:
            self.dropped += 1

    def warn(self, text: str, *arguments: object) -> None:
        """Write a warning, even if the writer is no longer attached to a logger."""
        self.handle(_make_warning(text, *arguments))

    def close(self) -> None:
        """Write the waiting records, for at most CLOSING_SECONDS."""
        self._records.put(None)
        self._thread.join(CLOSING_SECONDS)
        super().close()

    def _write_all(self) -> None:
        reported = 0
        while (record := self._records.get()) is not None:
            self._write(record)
            if (dropped := self.dropped) > reported:
                self._write(_make_warning(DROPPED_MESSAGE, dropped - reported))
                reported = dropped

    def _write(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                # Not through sys.stderr: if this thread held its lock forever, the interpreter could not exit.
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            pass  # the reader has closed the pipe
        except Exception:
            self.handleError(record)


def _make_warning(text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(f"{PACKAGE_LOGGER}.service", logging.WARNING, __file__, 0, text, arguments, None)


class Throttle(logging.Filter):
    """Log filter that passes one record per second from each source line of other packages, with the number left out.

    For example, asyncio logs each connection for which there is no file descriptor: thousands per second.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}
        """By source line: time at which the last record passed, and number of records left out since."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        if record.name.partition(".")[0] == PACKAGE_LOGGER:
            return True
        line, now = (record.pathname, record.lineno), self._clock()
        passed, left_out = self._seen.get(line, (-REPEAT_SECONDS, 0))
        if now - passed < REPEAT_SECONDS:
            self._seen[line] = (passed, left_out + 1)
            return False
        self._seen[line] = (now, 0)
        if left_out:
            record.facts = {**getattr(record, "facts", {}), "left_out": left_out}
        return True


class _JsonFormatter(logging.Formatter):
    """Formatter of one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _ConsoleFormatter(logging.Formatter):
    """Formatter of lines for people: time, level and message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        facts = (f"{name}={_escape(value)}" for name, value in getattr(record, "facts", {}).items())
        return " ".join([super().format(record), *facts]).rstrip()


def _escape(value: object) -> str:
    """Format a value without spaces or line breaks; a path comes from the client and must not forge log lines."""
    if isinstance(value, dict):
        return ",".join(f"{name}:{count}" for name, count in value.items())
    return ascii(value).strip("'").replace(" ", "%20")
