"""uvicorn's server, with a longer queue of connections and a sure end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

QUEUE = 2048
"""Connections that wait in the kernel until they are accepted."""
GRACE_SECONDS = 2.0
"""What the models and the log may take after the last answer."""


class Server(uvicorn.Server):
    """After the first signal and `seconds()`, and GRACE_SECONDS more, it calls `end` if it still runs.

    Threads that load models or compute cannot be stopped, and the interpreter would wait for them.
    """

    def __init__(self, config: uvicorn.Config, seconds: Callable[[], float], end: Callable[[], None]) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._end = end
        self._timer: threading.Timer | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; asyncio has but one number for how many it accepts in one go and how many may wait."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(QUEUE)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle SIGTERM or SIGINT."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds() + GRACE_SECONDS, self._end)
            self._timer.daemon = True
            self._timer.start()
        super().handle_exit(sig, frame)
