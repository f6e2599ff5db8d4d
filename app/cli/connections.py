"""Connections that end when nothing happens on them."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

QUIET_SECONDS = 75
"""More than the 60 after which load balancers let a connection go: it must not be closed under their hands."""


class Connection(H11Protocol):
    """uvicorn's own, which waits for ever for the end of a header, for a body that nobody wants any more, and for a
    client to take its answer; this one waits QUIET_SECONDS to twice as long."""

    quiet_seconds: float = QUIET_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._next_look.cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._next_look = self.loop.call_later(self.quiet_seconds, self._look, self._state())

    def _look(self, before: tuple[bool, object, int]) -> None:
        state = self._state()
        answering, _, _ = state
        if answering or state != before:
            self._watch()
        else:
            self.transport.abort()

    def _state(self) -> tuple[bool, object, int]:
        """Whether a request is being answered, the last request, and the bytes that its client has not taken yet."""
        # An answer that was cut stays incomplete, and what its client has not taken would keep the connection for ever.
        answering = self.cycle is not None and not self.cycle.response_complete and not self.transport.is_closing()
        return answering, self.cycle, self.transport.get_write_buffer_size()
