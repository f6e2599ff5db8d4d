"""Connections on which nothing happens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from serving import serving_here
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from app.cli.connections import Connection

BIG = 64 * 1024 * 1024
"""More than the buffers of the system hold."""


class Impatient(Connection):
    quiet_seconds = 0.2


async def answer(request: Request) -> Response:
    if delay := request.query_params.get("delay"):
        await asyncio.sleep(float(delay))
    return Response(b"x" * int(request.query_params.get("size", "2")))


class Cut:
    """An app that ends in the middle of its answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * BIG, "more_body": True})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"]), Route("/cut", Cut())])
    with serving_here(app, http=Impatient, timeout_keep_alive=30) as url:
        yield url


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), 30)


def received(connection: socket.socket) -> bytes:
    """Everything until the other side ends the connection, whichever way."""
    parts = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Never:", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT", b"200"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npart", b"200"),
    ],
    ids=["nothing", "part of a header", "one request", "part of a second request", "a body that nobody reads"],
)
def test_a_client_that_sends_no_more_is_left(url: str, sent: bytes, answered: bytes) -> None:
    with connect(url) as connection:
        connection.sendall(sent)
        assert received(connection)[9:12] == answered


def test_bytes_that_keep_dripping_win_no_time(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Never: ")
        connection.settimeout(0.05)
        assert dripping(connection) == b""


def dripping(connection: socket.socket) -> bytes:
    """What comes back while there is always one more byte to send."""
    for _ in range(400):
        try:
            connection.send(b"x")
            return connection.recv(100)
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return b""
    return b"never left"


@pytest.mark.parametrize("path", [f"/?size={BIG}", "/cut"], ids=["whole", "cut"])
def test_a_client_that_takes_nothing_of_its_answer_is_left(url: str, path: str) -> None:
    with connect(url) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        # The server is as impatient with others: what it answers them meanwhile shows that it had the time.
        for _ in range(3):
            with connect(url) as other:
                assert received(other) == b""
        assert len(received(connection)) < BIG


def test_an_answer_may_take_its_time(url: str) -> None:
    assert httpx.get(url, params={"delay": 1}, trust_env=False).text == "xx"


class Transport(asyncio.Transport):
    """Of a client that takes what a test lets it take."""

    unsent = 0
    aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_a_client_that_takes_its_answer_slowly_is_waited_for(loop: asyncio.AbstractEventLoop) -> None:
    connection, transport = Connection(uvicorn.Config(answer), ServerState(), {}, loop), Transport()
    connection.connection_made(transport)
    for unsent in (300, 200, 100):
        before = connection._state()
        transport.unsent = unsent
        connection._look(before)
        assert not transport.aborted
    connection._look(connection._state())
    assert transport.aborted
