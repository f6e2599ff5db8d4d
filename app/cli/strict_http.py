"""HTTP/1.1 as the standard has it: bounded heads, and nothing that a proxy in front may read in another way."""

from __future__ import annotations

import re

import h11

from app.errors import HeadTooLarge, IntoneError, MalformedRequest

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
