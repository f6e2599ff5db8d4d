"""The end of the service: in time, whatever still runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

GRACE_SECONDS = 2.0
"""What the models and the log may take after the last answer."""


class Server(uvicorn.Server):
    """uvicorn's, which also ends if something does not.

    After the first signal and `seconds()`, and GRACE_SECONDS more, it calls `end`: threads that load models or compute
    cannot be stopped, and the interpreter would wait for them.
    """

    def __init__(self, config: uvicorn.Config, seconds: Callable[[], float], end: Callable[[], None]) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._end = end
        self._timer: threading.Timer | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle SIGTERM or SIGINT."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds() + GRACE_SECONDS, self._end)
            self._timer.daemon = True
            self._timer.start()
        super().handle_exit(sig, frame)
