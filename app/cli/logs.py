"""Log lines on standard error, for people or for programs, written by a thread of their own."""

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
from typing import Any

OWN = "intone"
"""Of other programs' loggers only warnings are shown."""
MAX_WAITING = 10_000
"""Records that wait to be written; more are dropped and counted."""
DROPPED = "%d log lines were dropped: standard error is not read as fast as they come"
CLOSING_SECONDS = 1.0
"""Time for what still waits at the end."""
REPEAT_SECONDS = 1.0
"""Least time between two records from the same line of another program."""

Clock = Callable[[], float]


@contextmanager
def logging_to_stderr(log_format: str) -> Iterator[LogWriter]:
    """While it lasts, everything that is logged goes to standard error."""
    writer = LogWriter(sys.stderr.fileno(), _Lines() if log_format == "json" else _Console())
    writer.addFilter(Throttle())
    root = logging.getLogger()
    root.addHandler(writer)
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.INFO)
    try:
        yield writer
    finally:
        root.removeHandler(writer)
        writer.close()


class LogWriter(logging.Handler):
    """Hands records to a thread that writes them to a descriptor.

    It may be a pipe that nobody empties: then the thread waits, for ever if need be, and nothing else does.
    """

    def __init__(self, descriptor: int, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.dropped = 0
        """Records for which there was no room."""
        self._descriptor = descriptor
        self._records: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; `logging` calls this in one thread at a time."""
        if self._records.qsize() < MAX_WAITING:
            self._records.put(record)
        else:
            self.dropped += 1

    def warn(self, text: str, *arguments: object) -> None:
        """Log a line of the writer's own, even if it is no handler any more."""
        self.handle(_warning(text, *arguments))

    def close(self) -> None:
        """Write what waits, as far as there is time."""
        self._records.put(None)
        self._thread.join(CLOSING_SECONDS)
        super().close()

    def _write_all(self) -> None:
        reported = 0
        while (record := self._records.get()) is not None:
            self._write(record)
            if (dropped := self.dropped) > reported:
                self._write(_warning(DROPPED, dropped - reported))
                reported = dropped

    def _write(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                # Not through sys.stderr: its lock, held for ever, would stop the interpreter from ending.
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            pass  # nobody reads any more
        except Exception:
            self.handleError(record)


def _warning(text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(f"{OWN}.service", logging.WARNING, __file__, 0, text, arguments, None)


class Throttle(logging.Filter):
    """Of what other programs log, one record a second from each of their lines, with the number of those left out.

    asyncio, for one, logs each connection for which there is no file descriptor, thousands in a second.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}
        """By line: when the last record passed, and how many were left out since."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        if record.name.partition(".")[0] == OWN:
            return True
        line, now = (record.pathname, record.lineno), self._clock()
        passed, left_out = self._seen.get(line, (-REPEAT_SECONDS, 0))
        if now - passed < REPEAT_SECONDS:
            self._seen[line] = (passed, left_out + 1)
            return False
        self._seen[line] = (now, 0)
        if left_out:
            record.facts = {**_facts(record), "left_out": left_out}
        return True


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = getattr(record, "facts", {})
    return facts


class _Lines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _Console(logging.Formatter):
    """Time, level, and what happened."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return f"{line} {' '.join(f'{name}={_plain(value)}' for name, value in _facts(record).items())}".rstrip()


def _plain(value: object) -> str:
    """A value without spaces or line ends: a path is the client's own words and must not make lines of its own."""
    if isinstance(value, dict):
        return ",".join(f"{name}:{count}" for name, count in value.items())
    return ascii(value).strip("'").replace(" ", "%20")
