"""Connections on which nothing happens."""

from __future__ import annotations

import asyncio
import functools
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from app.api.connections import Connection, Connections
from app.metrics import ResponseRecord
from tests.serving import serving_here, wait_until

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
    protocol = functools.partial(Impatient, shared=Connections(limit=100))
    with serving_here(app, http=protocol, timeout_keep_alive=30) as url:
        yield url


@pytest.fixture
def narrow() -> Iterator[tuple[str, Connections]]:
    """A server that has room for two connections, and what it knows of them."""
    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
    shared = Connections(limit=2)
    with serving_here(app, http=functools.partial(Connection, shared=shared)) as url:
        yield url, shared


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
    shared, transport = Connections(limit=100), Transport()
    connection = Connection(uvicorn.Config(answer), ServerState(), {}, loop, shared=shared)
    connection.connection_made(transport)
    for unsent in (300, 200, 100):
        before = connection._state()
        transport.unsent = unsent
        connection._look(before)
        assert not transport.aborted
    connection._look(connection._state())
    assert transport.aborted


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def ask(connection: socket.socket) -> bytes:
    """The answer; nothing if the connection was closed."""
    got = b""
    try:
        connection.sendall(REQUEST)
        while not got.endswith(b"\r\n\r\nxx") and (part := connection.recv(10_000)):
            got += part
    except (ConnectionResetError, BrokenPipeError):
        pass
    return got


def test_one_connection_too_many_closes_the_longest_idle_one(narrow: tuple[str, Connections]) -> None:
    url, shared = narrow
    with connect(url) as first, connect(url) as second:
        assert ask(second) and ask(first)
        with connect(url) as third:
            assert ask(third).startswith(b"HTTP/1.1 200")
            assert ask(second) == b""
            assert ask(first).startswith(b"HTTP/1.1 200")
    assert (shared.closed, shared.refused) == (1, 0)


def test_a_head_that_never_ends_is_no_work(narrow: tuple[str, Connections]) -> None:
    url, shared = narrow
    with connect(url) as first, connect(url) as second, connect(url) as third:
        first.sendall(b"GET / HTTP/1.1\r\nX-Never")
        second.sendall(b"GET / HTTP/1.1\r\nX-Never")
        assert ask(third).startswith(b"HTTP/1.1 200")
        assert received(first) == b""
    assert (shared.closed, shared.refused) == (1, 0)


@pytest.mark.parametrize("query", [b"delay=3", b"size=%d" % BIG], ids=["being answered", "not taken yet"])
def test_where_all_are_in_use_the_newest_is_refused(
    narrow: tuple[str, Connections], caplog: pytest.LogCaptureFixture, query: bytes
) -> None:
    url, shared = narrow

    def in_use() -> int:
        both = list(shared.open)
        return sum(one not in shared.idle or one.transport.get_write_buffer_size() > 0 for one in both)

    with connect(url) as first, connect(url) as second:
        for busy in (first, second):
            busy.sendall(b"GET /?%s HTTP/1.1\r\nHost: x\r\n\r\n" % query)
        wait_until(lambda: in_use() == 2, 30)
        for _ in range(20):
            with connect(url) as third:
                refused = received(third)
        head, _, body = refused.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 5" in head
        assert json.loads(body)["code"] == "busy"
    assert (shared.closed, shared.refused) == (0, 20)
    lines = [record for record in caplog.records if "connections are open" in record.getMessage()]
    assert 1 <= len(lines) < 20


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 4_000_000 + b"\r\n\r\n", 431, "head_too_large"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "malformed_request"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
         b"0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed_request"),
    ],
    ids=["a large head", "bare LF", "two lengths"],
)  # fmt: skip
def test_a_refused_request_is_answered_counted_and_the_last_of_its_connection(
    request_bytes: bytes, status: int, code: str
) -> None:
    counted: list[ResponseRecord] = []
    protocol = functools.partial(Connection, shared=Connections(limit=9, answered=counted.append))
    with serving_here(Starlette(), http=protocol) as url, connect(url) as connection:
        # Also a client that sends all of it before it reads gets the answer, not a reset connection.
        connection.sendall(request_bytes)
        head, _, body = received(connection).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status and b"\r\nConnection: close" in head
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == (code, status) and problem["hint"]
    assert problem["request_id"].encode() in head
    assert [(one.status, one.code) for one in counted] == [(status, code)]


def test_a_body_whose_framing_breaks_is_nobodys_any_more(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with connect(url) as connection:
        connection.sendall(b"POST /?delay=0.3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
        assert received(connection).startswith(b"HTTP/1.1 400 ")
    wait_until(lambda: httpx.get(url, params={"delay": "0.4"}, trust_env=False).status_code == 200, 30)
    assert "Exception" not in caplog.text
