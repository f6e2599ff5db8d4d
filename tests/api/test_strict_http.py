"""Requests that a parser must not accept, whether they arrive at once or byte by byte."""

from __future__ import annotations

import h11
import pytest

from app.api.connections import MAX_HEAD_BYTES, MAX_HEAD_LINES, RequestRefused, StrictConnection
from app.errors import HeadTooLarge, IntoneError, MalformedRequest

START = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def padded(size: int) -> bytes:
    """A request whose head has so many bytes."""
    return START + b"A: " + b"x" * (size - len(START) - len(b"A: \r\n\r\n")) + b"\r\n\r\n"


def lines(number: int) -> bytes:
    """A request whose head has so many lines."""
    return START + b"A: b\r\n" * (number - START.count(b"\n")) + b"\r\n"


def parse(received: bytes, size: int) -> list[type]:
    """The types of the events of what arrives in pieces of a size."""
    connection, events = StrictConnection(), []
    for begin in range(0, len(received), size):
        connection.receive_data(received[begin : begin + size])
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            events.append(type(event))
    return events


def refusal(received: bytes, size: int) -> type[IntoneError]:
    with pytest.raises(RequestRefused) as caught:
        parse(received, size)
    return type(caught.value.error)


pieces = pytest.mark.parametrize("size", [1 << 20, 1000, 7], ids=["at once", "in reads", "dripping"])


@pieces
@pytest.mark.parametrize(
    "head",
    [
        padded(MAX_HEAD_BYTES),
        lines(MAX_HEAD_LINES),
        POST + b"Content-Length: 0\r\n\r\n",
        POST + CHUNKED + b"\r\n0\r\n\r\n",
    ],
    ids=["largest", "most lines", "length", "chunked"],
)
def test_what_is_within_the_bounds_is_parsed(head: bytes, size: int) -> None:
    assert parse(head, size) == [h11.Request, h11.EndOfMessage]


@pieces
@pytest.mark.parametrize(
    "head",
    [padded(MAX_HEAD_BYTES + 1), padded(250_000), lines(MAX_HEAD_LINES + 1), b"GET /" + b"x" * 250_000],
    ids=["a byte more", "far more", "a line more", "a line without an end"],
)
def test_a_head_over_the_bounds_is_refused(head: bytes, size: int) -> None:
    assert refusal(head, size) is HeadTooLarge


@pieces
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
        *("both lengths", "both lengths turned", "two lengths", "another coding"),
        *("bare LF", "one bare LF", "bare LF at the end", "folded", "folded by a tab"),
        *("no host", "a space before the colon", "no colon", "TLS"),
    ],
)
def test_what_a_proxy_may_read_in_another_way_is_refused(head: bytes, size: int) -> None:
    assert refusal(head, size) is MalformedRequest


def test_the_second_request_of_a_connection_is_checked_as_the_first() -> None:
    connection = StrictConnection()
    connection.receive_data(START + b"\r\n" + padded(MAX_HEAD_BYTES + 1))
    assert [type(connection.next_event()) for _ in range(2)] == [h11.Request, h11.EndOfMessage]
    for event in (h11.Response(status_code=204, headers=[]), h11.EndOfMessage()):
        connection.send(event)
    connection.start_next_cycle()
    with pytest.raises(RequestRefused):
        connection.next_event()


def test_a_body_may_have_lines_of_any_form_and_number() -> None:
    body = b"a\n b\n" * 1000
    assert parse(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body, 1 << 20)[-1] is h11.EndOfMessage
