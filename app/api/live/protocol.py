"""uvicorn's protocol for WebSockets, changed to drain at shutdown, to log no addresses, and to end for certain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

MAX_MESSAGE_BYTES = 128 * 1024
"""Maximum bytes of a message of a client; 20,000 characters take at most 80,000, or more if they are escaped."""
MAX_FRAMES = 1024
"""Maximum frames of a message; most clients send one. Empty ones take memory, too."""
CLOSE_SECONDS = 5.0
"""Seconds in which a client must read the rest and answer the closing message before the connection is aborted."""

_logger = logging.getLogger("intone.sockets")
_logger.setLevel(logging.ERROR)


def _ignore() -> None:
    pass


class SocketProtocol(WebSocketsSansIOProtocol):
    """Protocol of one WebSocket.

    uvicorn closes WebSockets at once at shutdown, waits for ever for a client that does not read its last bytes, and
    logs the address of each socket, which may contain instructions to speak.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _logger
        self._on_lost: Callable[[], None] = _ignore
        self._on_shutdown: Callable[[], None] = _ignore
        self._abort_timer: asyncio.TimerHandle | None = None

    def follow(self, *, on_lost: Callable[[], None], on_shutdown: Callable[[], None]) -> None:
        """Have functions called when the connection is lost, and when the server stops."""
        self._on_lost, self._on_shutdown = on_lost, on_shutdown

    def shutdown(self) -> None:
        """Have the app end the socket when it has spoken what it has; one that is not accepted yet ends at once."""
        if self.handshake_complete and not self.close_sent:
            self._on_shutdown()
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Handle received bytes; see `asyncio.Protocol`."""
        super().data_received(data)
        self._bound_closing()

    def handle_cont(self, event: Frame) -> None:
        """Take the next frame of a message, or refuse a message of too many."""
        if self.close_sent:
            return
        super().handle_cont(event)
        if len(self.frames) > MAX_FRAMES:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, f"over {MAX_FRAMES} frames")
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer a ping, but not while the client reads nothing: unread answers would take memory without bound."""
        output = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(output))

    def keepalive_timeout(self) -> None:
        """End a connection whose client answers no ping."""
        super().keepalive_timeout()
        self._bound_closing()

    async def send(self, message: Any) -> None:
        """Send a message, and give the client a bounded time after the last one."""
        if message["type"] == "websocket.close":
            self._start_abort_timer()
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # The handshake ended with a refusal; uvicorn would log an error about its missing end.
            self.handshake_complete = True
        self._bound_closing()

    def _bound_closing(self) -> None:
        """Bound the time of a connection that is closed when the client has read the rest."""
        if self.transport.is_closing():
            self._start_abort_timer()

    def _start_abort_timer(self) -> None:
        if self._abort_timer is None:
            self._abort_timer = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; see `asyncio.Protocol`."""
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        self._on_lost()
        super().connection_lost(exc)
