"""Log lines on standard error, for people or for programs, written by a thread of their own."""

from __future__ import annotations

import json
import logging
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from typing import Any

OWN = "intone"
"""Of other programs' loggers only warnings are shown."""


@contextmanager
def logging_to_stderr(log_format: str) -> Iterator[None]:
    """While it lasts, everything that is logged goes to standard error."""
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(_Lines() if log_format == "json" else _Console())
    # Standard error may be a pipe that nobody empties: the event loop must not wait for it.
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(records, writer)
    handler = _AsIs(records)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.INFO)
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        root.removeHandler(handler)


class _AsIs(QueueHandler):
    """Hands records on unchanged, where the library's own would merge exception and message into one text."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


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
