"""Limit the number of connections, close quiet ones, and refuse requests that are not strict HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from app.api.errors import PROBLEM_TYPE, make_problem
from app.api.live.protocol import SocketProtocol
from app.api.middleware import NO_SNIFF_HEADERS, UNKNOWN_ROUTE, log_request
from app.errors import Busy, HeadTooLarge, IntoneError, MalformedRequest, UpgradeRequired
from app.metrics import ResponseRecord

MAX_HEAD_BYTES = 32 * 1024
"""Maximum bytes of a request's head; nginx's default (four buffers of 8 KiB)."""
MAX_HEAD_LINES = 100
"""Maximum lines of a request's head: the request line and the header fields."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_FOLDED_LINE = re.compile(rb"\n[ \t]")
_SOCKET_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_BODY_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class RequestRefused(Exception):
    """The bytes on a connection are not an acceptable request; `error` is the reason."""

    def __init__(self, error: IntoneError) -> None:
        super().__init__(error.detail)
        self.error = error


class StrictConnection(h11.Connection):
    """h11's parser without its leniency.

    h11 limits the size of a head only while the head is incomplete, so a head that arrives in a single read may have
    any size. It also accepts lone line feeds, folded lines, and both Transfer-Encoding and Content-Length (RFC 9112,
    sections 2.2, 5.2 and 6.1).
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MAX_HEAD_BYTES)

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return the next event as h11 does; raise `RequestRefused` for a malformed or too large request."""
        if self.their_state is h11.IDLE:
            _check_head(self.trailing_data[0])
        try:
            event = super().next_event()
        except h11.RemoteProtocolError:
            raise RequestRefused(MalformedRequest("The request is not valid HTTP/1.1.")) from None
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= _BODY_LENGTHS:
            raise RequestRefused(MalformedRequest("It has both Transfer-Encoding and Content-Length."))
        return event


def _check_head(received: bytes) -> None:
    """Raise `RequestRefused` if the received part of the next request's head is malformed or too large."""
    end = _END_OF_HEAD.search(received)
    head = received[: end.end()] if end else received
    if len(head) > MAX_HEAD_BYTES or head.count(b"\n") > MAX_HEAD_LINES + 1:
        detail = f"The head has over {MAX_HEAD_BYTES} bytes or {MAX_HEAD_LINES} lines."
        raise RequestRefused(HeadTooLarge(detail))
    if _BARE_LINE_FEED.search(head):
        raise RequestRefused(MalformedRequest("A line of its head does not end with CR LF."))
    if _FOLDED_LINE.search(head):
        raise RequestRefused(MalformedRequest("A line of its head begins with white space."))


def _check_handshake(request: h11.Request) -> None:
    """Raise `RequestRefused` if a request is not the handshake of a WebSocket (RFC 6455, section 4.2.1)."""
    keys, versions = (
        [value for field, value in request.headers if field == name]
        for name in (b"sec-websocket-key", b"sec-websocket-version")
    )
    if request.method != b"GET":
        raise RequestRefused(MalformedRequest("The handshake of a WebSocket is a GET."))
    if versions != [b"13"]:
        raise RequestRefused(UpgradeRequired("The handshake needs one Sec-WebSocket-Version, which is 13."))
    if len(keys) != 1 or not _SOCKET_KEY.fullmatch(keys[0]):
        raise RequestRefused(MalformedRequest("The handshake needs one Sec-WebSocket-Key: 16 bytes in base64."))


QUIET_SECONDS = 75
"""Seconds before a quiet connection is closed. More than the 60 of load balancers, which must close first: otherwise
they might send a request on a connection that is being closed."""
LINGER_SECONDS = 2.0
"""Seconds for which a client may continue to send a refused request. Closing at once would reset the connection and
lose the response."""
REPORT_SECONDS = 1.0
"""Minimum seconds between two log lines about too many connections."""

logger = logging.getLogger("intone.service")


class LimitedConnection(Protocol):
    """Connection that counts towards the limit, of any protocol."""

    transport: asyncio.Transport

    def close_idle(self) -> None:
        """Close the connection, which is idle."""

    def refuse(self, error: IntoneError) -> object:
        """Send an error to the client, before the connection is closed."""


@dataclass(slots=True)
class Connections:
    """Open and idle connections of a server, and their limit."""

    limit: int
    """Maximum open connections."""
    answered: Callable[[ResponseRecord], None] = lambda answer: None
    """Function that records a response that the app did not make."""
    drain_sockets: Callable[[], None] = lambda: None
    """Function that has the app end all WebSockets when they have spoken what they have."""
    open: set[LimitedConnection] = field(default_factory=set)
    idle: dict[LimitedConnection, None] = field(default_factory=dict)
    """Connections without a request in progress, the longest idle one first."""
    closed: int = 0
    """Number of idle connections closed to make room for others."""
    refused: int = 0
    """Number of connections refused because none was idle."""
    _reported: float = float("-inf")

    def make_room(self, newest: LimitedConnection) -> None:
        """Close the longest idle connection if there are too many; if none is idle, refuse the newest."""
        if len(self.open) <= self.limit:
            return
        # Skip connections with unsent bytes: closing one would lose the end of its last response.
        idle = (one for one in self.idle if one is not newest and not one.transport.get_write_buffer_size())
        if (longest := next(idle, None)) is not None:
            self.closed += 1
            longest.close_idle()
            self.forget(longest)
        else:
            self.refused += 1
            detail = f"All {self.limit} connections are in use."
            newest.refuse(Busy(detail, hint="Try again after the seconds in Retry-After."))
            newest.transport.close()
            self.forget(newest)
        self._report(time.monotonic())

    def forget(self, connection: LimitedConnection) -> None:
        """Remove a connection whose file descriptor is closed soon."""
        self.open.discard(connection)
        self.idle.pop(connection, None)

    def _report(self, now: float) -> None:
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            logger.warning(
                "all %d connections are open; so far %d idle ones were closed for others, and %d were refused",
                *(self.limit, self.closed, self.refused),
            )


class Connection(H11Protocol):
    """uvicorn's HTTP protocol with a timeout, a connection limit and strict parsing.

    uvicorn waits forever for the end of a head, for a body that the app no longer reads, and for a client to read its
    response; this protocol waits one to two times QUIET_SECONDS.
    """

    quiet_seconds: float = QUIET_SECONDS

    def __init__(self, *arguments: Any, shared: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn = StrictConnection()
        self._shared = shared
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection; see `asyncio.Protocol`."""
        super().connection_made(transport)
        self._watch()
        self._shared.open.add(self)
        self._shared.idle[self] = None
        self._shared.make_room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection; see `asyncio.Protocol`."""
        self._next_look.cancel()
        self._shared.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, but ignore those after a refusal; see `asyncio.Protocol`."""
        if not self._refused:
            super().data_received(data)

    def handle_events(self) -> None:
        """Handle received events; respond to a refused request here, since the app never sees it."""
        try:
            super().handle_events()
        except RequestRefused as refused:
            request_id, error = self.refuse(refused.error), refused.error
            answer = ResponseRecord(UNKNOWN_ROUTE, error.status, 0.0, code=error.code)
            self._shared.answered(answer)
            log_request(answer, method="unknown", request_id=request_id, facts={"code": answer.code})
        if self._is_answering:
            self._shared.idle.pop(self, None)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over to a protocol for WebSockets, and count it until that protocol loses it."""
        _check_handshake(event)
        self._next_look.cancel()
        self._shared.idle.pop(self, None)
        super().handle_websocket_upgrade(event)
        protocol = self.transport.get_protocol()
        assert isinstance(protocol, SocketProtocol)
        protocol.follow(on_lost=lambda: self._shared.forget(self), on_shutdown=self._shared.drain_sockets)

    def on_response_complete(self) -> None:
        """Mark the connection as idle; uvicorn may already start the next request on it."""
        if not self.transport.is_closing():
            self._shared.idle[self] = None
        super().on_response_complete()

    def close_idle(self) -> None:
        """Close the connection, on which no request is in progress."""
        self.timeout_keep_alive_handler()

    def refuse(self, error: IntoneError) -> str:
        """Send an error response, unless another one has begun, and close soon; return the response's request id."""
        self._refused = True
        request_id = uuid.uuid4().hex
        if self.cycle is not None:
            # The app may still be reading the body of a request whose rest is refused.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in self._make_events(error, request_id):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        return request_id

    def _make_events(self, error: IntoneError, request_id: str) -> tuple[h11.Response, h11.Data, h11.EndOfMessage]:
        status, body = error.status, json.dumps(make_problem(error, request_id)).encode()
        headers = {
            "Content-Type": PROBLEM_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Request-Id": request_id,
            **NO_SNIFF_HEADERS,
            **error.headers,
        }
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        response = h11.Response(
            status_code=status, headers=[*self.server_state.default_headers, *fields], reason=STATUS_PHRASES[status]
        )
        return response, h11.Data(data=body), h11.EndOfMessage()

    def _watch(self) -> None:
        self._next_look = self.loop.call_later(self.quiet_seconds, self._look, self._read_state())

    def _look(self, before: tuple[bool, object, int]) -> None:
        state = self._read_state()
        answering, _, _ = state
        if answering or state != before:
            self._watch()
        else:
            self.transport.abort()

    def _read_state(self) -> tuple[bool, object, int]:
        """Return whether a request is in progress, the last request, and the number of unsent bytes."""
        return self._is_answering, self.cycle, self.transport.get_write_buffer_size()

    @property
    def _is_answering(self) -> bool:
        # A response that was cut off stays incomplete; without the last condition, its unsent bytes would keep the
        # connection open forever.
        return self.cycle is not None and not self.cycle.response_complete and not self.transport.is_closing()
