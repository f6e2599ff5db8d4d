"""SIGTERM and Ctrl-C as a wish to end soon, not as an end: what was learned is saved first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """An event that a signal sets while this lasts; a second Ctrl-C ends at once. Only in the main thread."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            signal.signal(number, before[number])
