"""Strict parsing of requests, whether they arrive at once or in pieces."""

from __future__ import annotations

import h11
import pytest

from app.api.connections import MAX_HEAD_BYTES, MAX_HEAD_LINES, RequestRefused, StrictConnection
from app.errors import HeadTooLarge, IntoneError, MalformedRequest

START = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def make_request_of_bytes(size: int) -> bytes:
    """Return a request with a head of a given number of bytes."""
    return START + b"A: " + b"x" * (size - len(START) - len(b"A: \r\n\r\n")) + b"\r\n\r\n"


def make_request_of_lines(number: int) -> bytes:
    """Return a request with a head of a given number of lines."""
    return START + b"A: b\r\n" * (number - START.count(b"\n")) + b"\r\n"


def parse(data: bytes, size: int) -> list[type]:
    """Parse data in pieces of a given size, and return the types of the events."""
    connection, events = StrictConnection(), []
    for begin in range(0, len(data), size):
        connection.receive_data(data[begin : begin + size])
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            events.append(type(event))
    return events


def get_refusal(data: bytes, size: int) -> type[IntoneError]:
    with pytest.raises(RequestRefused) as caught:
        parse(data, size)
    return type(caught.value.error)


piece_sizes = pytest.mark.parametrize("size", [1 << 20, 1000, 7], ids=["at once", "in large pieces", "in small pieces"])


@piece_sizes
@pytest.mark.parametrize(
    "head",
    [
        make_request_of_bytes(MAX_HEAD_BYTES),
        make_request_of_lines(MAX_HEAD_LINES),
        POST + b"Content-Length: 0\r\n\r\n",
        POST + CHUNKED + b"\r\n0\r\n\r\n",
    ],
    ids=["largest", "most lines", "length", "chunked"],
)
def test_a_request_within_the_limits_is_parsed(head: bytes, size: int) -> None:
    assert parse(head, size) == [h11.Request, h11.EndOfMessage]


@piece_sizes
@pytest.mark.parametrize(
    "head",
    [
        make_request_of_bytes(MAX_HEAD_BYTES + 1),
        make_request_of_bytes(250_000),
        make_request_of_lines(MAX_HEAD_LINES + 1),
        b"GET /" + b"x" * 250_000,
    ],
    ids=["a byte more", "far more", "a line more", "a line without an end"],
)
def test_a_head_over_the_limits_is_refused(head: bytes, size: int) -> None:
    assert get_refusal(head, size) is HeadTooLarge


@piece_sizes
@pytest.mark.parametrize(
    "head",
    [
        POST + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        START + b"A: b\n\r\n",
        START + b"A: b\r\n\n",
        START + b"A: b\r\n c\r\n\r\n",
        START + b"A: b\r\n\tc\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        START + b"A : b\r\n\r\n",
        START + b"A\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
    ids=[
        *("both lengths", "both lengths in reverse order", "two lengths", "another coding"),
        *("bare LF", "one bare LF", "bare LF at the end", "folded", "folded by a tab"),
        *("no host", "a space before the colon", "no colon", "TLS"),
    ],
)
def test_a_request_that_a_proxy_may_interpret_differently_is_refused(head: bytes, size: int) -> None:
    assert get_refusal(head, size) is MalformedRequest


def test_the_second_request_of_a_connection_is_checked_like_the_first() -> None:
    connection = StrictConnection()
    connection.receive_data(START + b"\r\n" + make_request_of_bytes(MAX_HEAD_BYTES + 1))
    assert [type(connection.next_event()) for _ in range(2)] == [h11.Request, h11.EndOfMessage]
    for event in (h11.Response(status_code=204, headers=[]), h11.EndOfMessage()):
        connection.send(event)
    connection.start_next_cycle()
    with pytest.raises(RequestRefused):
        connection.next_event()


def test_a_body_may_contain_lines_of_any_form_and_number() -> None:
    body = b"a\n b\n" * 1000
    assert parse(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body, 1 << 20)[-1] is h11.EndOfMessage
