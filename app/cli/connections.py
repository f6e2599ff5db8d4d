"""Connections: how many there may be, and that each ends when nothing happens on it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from app.api.errors import PROBLEM_TYPE, headers_of, problem
from app.api.middleware.access_log import UNKNOWN, log_request
from app.api.middleware.compat import NO_SNIFFING
from app.errors import Busy, HeadTooLarge, IntoneError, MalformedRequest, row_of
from app.metrics import Answered

MAX_HEAD_BYTES = 32 * 1024
"""As much as nginx takes by default (four buffers of 8 KiB)."""
MAX_HEAD_LINES = 100
"""The request line and the headers."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_FOLDED_LINE = re.compile(rb"\n[ \t]")
_BODY_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class RequestRefused(Exception):
    """The bytes on a connection are not a request that is served; `error` says why."""

    def __init__(self, error: IntoneError) -> None:
        super().__init__(error.detail)
        self.error = error


class StrictConnection(h11.Connection):
    """h11's parser without its leniency.

    h11 bounds a head only while it is incomplete, so one that arrives in a single read may have any size; and it
    accepts lone line feeds, folded lines and two lengths of one body (RFC 9112, 2.2, 5.2 and 6.1).
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MAX_HEAD_BYTES)

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Parse as h11 does; raise RequestRefused for every request that is refused."""
        if self.their_state is h11.IDLE:
            _check_head(self.trailing_data[0])
        try:
            event = super().next_event()
        except h11.RemoteProtocolError:
            raise RequestRefused(_malformed()) from None
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= _BODY_LENGTHS:
            raise RequestRefused(_malformed("It has both Transfer-Encoding and Content-Length."))
        return event


def _check_head(received: bytes) -> None:
    """Raise RequestRefused if the head of the next request, as far as it has arrived, is refused."""
    end = _END_OF_HEAD.search(received)
    head = received[: end.end()] if end else received
    if len(head) > MAX_HEAD_BYTES or head.count(b"\n") > MAX_HEAD_LINES + 1:
        raise RequestRefused(_too_large())
    if _BARE_LINE_FEED.search(head):
        raise RequestRefused(_malformed("A line of its head does not end with CR LF."))
    if _FOLDED_LINE.search(head):
        raise RequestRefused(_malformed("A line of its head begins with white space."))


def _too_large() -> HeadTooLarge:
    return HeadTooLarge(f"The head has over {MAX_HEAD_BYTES} bytes or {MAX_HEAD_LINES} lines.")


def _malformed(detail: str = "The request is not valid HTTP/1.1.") -> MalformedRequest:
    return MalformedRequest(detail)


QUIET_SECONDS = 75
"""More than the 60 after which load balancers let a connection go: it must not be closed under their hands."""
LINGER_SECONDS = 2.0
"""For which a client may go on sending a request that is refused: closed at once, the connection would be reset, and
the answer lost with it."""
REPORT_SECONDS = 1.0
"""Least time between two log lines that say that there is no room."""

logger = logging.getLogger("intone.service")


@dataclass(slots=True)
class Connections:
    """What the connections of one server share."""

    limit: int
    """Connections that may be open at once."""
    answered: Callable[[Answered], None] = lambda answer: None
    """Counts an answer that the app did not make."""
    open: set[Connection] = field(default_factory=set)
    idle: dict[Connection, None] = field(default_factory=dict)
    """Those on which no request is being answered, the longest idle one first."""
    closed: int = 0
    """Idle connections that were closed to make room for others."""
    refused: int = 0
    """Connections that were refused because none was idle."""
    _reported: float = float("-inf")

    def make_room(self, newest: Connection) -> None:
        """Close the longest idle connection if there are too many; without one, refuse the newest."""
        if len(self.open) <= self.limit:
            return
        # What a client has not taken yet of its last answer would be lost.
        idle = (one for one in self.idle if one is not newest and not one.transport.get_write_buffer_size())
        if (longest := next(idle, None)) is not None:
            self.closed += 1
            longest.timeout_keep_alive_handler()
            self.forget(longest)
        else:
            self.refused += 1
            detail = f"All {self.limit} connections are in use."
            newest.refuse(Busy(detail, hint="Try again after the seconds in Retry-After."))
            newest.transport.close()
            self.forget(newest)
        self._report(newest.loop.time())

    def forget(self, connection: Connection) -> None:
        """Count a connection no longer; its descriptor is closed soon."""
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
    """uvicorn's own, which waits for ever for the end of a header, for a body that nobody wants any more, and for a
    client to take its answer; this one waits QUIET_SECONDS to twice as long. It refuses what is not strict HTTP."""

    quiet_seconds: float = QUIET_SECONDS

    def __init__(self, *arguments: Any, shared: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn = StrictConnection()
        self._shared = shared
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._watch()
        self._shared.open.add(self)
        self._shared.idle[self] = None
        self._shared.make_room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._next_look.cancel()
        self._shared.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if not self._refused:
            super().data_received(data)

    def handle_events(self) -> None:
        """Handle what has arrived; answer a request that is refused here, instead of in the app."""
        try:
            super().handle_events()
        except RequestRefused as refused:
            request_id = self.refuse(refused.error)
            answer = self._count(refused.error)
            log_request(answer, method="unknown", request_id=request_id, facts={"code": answer.code})
        if self._is_answering:
            self._shared.idle.pop(self, None)

    def on_response_complete(self) -> None:
        """See uvicorn: the connection is kept, and the next request on it may have arrived already."""
        if not self.transport.is_closing():
            self._shared.idle[self] = None
        super().on_response_complete()

    def refuse(self, error: IntoneError) -> str:
        """Answer with an error, if no other answer has begun, and close soon; return the request id of the answer."""
        self._refused = True
        request_id = uuid.uuid4().hex
        if self.cycle is not None:
            # The app may still read the body of a request whose rest is refused.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in self._events(error, request_id):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        return request_id

    def _events(self, error: IntoneError, request_id: str) -> tuple[h11.Response, h11.Data, h11.EndOfMessage]:
        status, body = row_of(error).status, json.dumps(problem(error, request_id)).encode()
        headers = {
            "Content-Type": PROBLEM_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Request-Id": request_id,
            **NO_SNIFFING,
            **headers_of(error),
        }
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        response = h11.Response(
            status_code=status, headers=[*self.server_state.default_headers, *fields], reason=STATUS_PHRASES[status]
        )
        return response, h11.Data(data=body), h11.EndOfMessage()

    def _count(self, error: IntoneError) -> Answered:
        row = row_of(error)
        answer = Answered(UNKNOWN, row.status, 0.0, code=row.code)
        self._shared.answered(answer)
        return answer

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
        return self._is_answering, self.cycle, self.transport.get_write_buffer_size()

    @property
    def _is_answering(self) -> bool:
        # An answer that was cut stays incomplete, and what its client has not taken would keep the connection for ever.
        return self.cycle is not None and not self.cycle.response_complete and not self.transport.is_closing()
