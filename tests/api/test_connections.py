"""Connections: timeouts, the limit on open connections, and the refusal of malformed requests."""

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
from app.api.middleware import AccessLogMiddleware, GuardMiddleware
from app.metrics import ResponseRecord
from tests.serving import serve_in_thread, wait_until

LARGE_SIZE = 64 * 1024 * 1024
"""More than the socket buffers of the system hold."""


class ImpatientConnection(Connection):
    quiet_seconds = 0.2


async def respond(request: Request) -> Response:
    if delay := request.query_params.get("delay"):
        await asyncio.sleep(float(delay))
    return Response(b"x" * int(request.query_params.get("size", "2")))


class TruncatingApp:
    """An app that ends in the middle of its response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * LARGE_SIZE, "more_body": True})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = Starlette(routes=[Route("/", respond, methods=["GET", "POST"]), Route("/cut", TruncatingApp())])
    protocol = functools.partial(ImpatientConnection, shared=Connections(limit=100))
    with serve_in_thread(app, http=protocol, timeout_keep_alive=30) as url:
        yield url


@pytest.fixture
def small_server() -> Iterator[tuple[str, Connections]]:
    """Start a server that accepts two connections, and yield its URL and its `Connections`."""
    app = Starlette(routes=[Route("/", respond, methods=["GET", "POST"])])
    shared = Connections(limit=2)
    with serve_in_thread(app, http=functools.partial(Connection, shared=shared)) as url:
        yield url, shared


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), 30)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes or resets the connection."""
    parts = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Never:", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT", b"200"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npart", b"200"),
    ],
    ids=["nothing", "part of a header", "one request", "part of a second request", "an unread body"],
)
def test_an_idle_connection_is_closed(url: str, sent: bytes, expected: bytes) -> None:
    with connect(url) as connection:
        connection.sendall(sent)
        assert read_all(connection)[9:12] == expected


def test_a_head_sent_byte_by_byte_does_not_extend_the_timeout(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Never: ")
        connection.settimeout(0.05)
        assert send_byte_by_byte(connection) == b""


def send_byte_by_byte(connection: socket.socket) -> bytes:
    """Send single bytes until the server responds or closes the connection, and return its response."""
    for _ in range(400):
        try:
            connection.send(b"x")
            return connection.recv(100)
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return b""
    return b"still open"


@pytest.mark.parametrize("path", [f"/?size={LARGE_SIZE}", "/cut"], ids=["whole", "cut"])
def test_a_client_that_reads_nothing_of_its_response_is_disconnected(url: str, path: str) -> None:
    with connect(url) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        # Each of these connections runs into the same timeout, so the first one has had enough time as well.
        for _ in range(3):
            with connect(url) as other:
                assert read_all(other) == b""
        assert len(read_all(connection)) < LARGE_SIZE


def test_a_connection_that_waits_for_its_response_stays_open(url: str) -> None:
    assert httpx.get(url, params={"delay": 1}, trust_env=False).text == "xx"


class FakeTransport(asyncio.Transport):
    """A transport whose number of unsent bytes is set by a test."""

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


def test_a_slow_reader_stays_connected_as_long_as_it_makes_progress(loop: asyncio.AbstractEventLoop) -> None:
    shared, transport = Connections(limit=100), FakeTransport()
    connection = Connection(uvicorn.Config(respond), ServerState(), {}, loop, shared=shared)
    connection.connection_made(transport)
    for unsent in (300, 200, 100):
        before = connection._read_state()
        transport.unsent = unsent
        connection._look(before)
        assert not transport.aborted
    connection._look(connection._read_state())
    assert transport.aborted


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def send_request(connection: socket.socket) -> bytes:
    """Send a request and return the response, or nothing if the connection was closed."""
    data = b""
    try:
        connection.sendall(REQUEST)
        while not data.endswith(b"\r\n\r\nxx") and (part := connection.recv(10_000)):
            data += part
    except (ConnectionResetError, BrokenPipeError):
        pass
    return data


def test_a_connection_over_the_limit_closes_the_longest_idle_one(small_server: tuple[str, Connections]) -> None:
    url, shared = small_server
    with connect(url) as first, connect(url) as second:
        assert send_request(second) and send_request(first)
        with connect(url) as third:
            assert send_request(third).startswith(b"HTTP/1.1 200")
            assert send_request(second) == b""
            assert send_request(first).startswith(b"HTTP/1.1 200")
    assert (shared.closed, shared.refused) == (1, 0)


def test_a_connection_with_an_incomplete_head_counts_as_idle(small_server: tuple[str, Connections]) -> None:
    url, shared = small_server
    with connect(url) as first, connect(url) as second, connect(url) as third:
        first.sendall(b"GET / HTTP/1.1\r\nX-Never")
        second.sendall(b"GET / HTTP/1.1\r\nX-Never")
        assert send_request(third).startswith(b"HTTP/1.1 200")
        assert read_all(first) == b""
    assert (shared.closed, shared.refused) == (1, 0)


@pytest.mark.parametrize("query", [b"delay=3", b"size=%d" % LARGE_SIZE], ids=["response pending", "response unread"])
def test_a_new_connection_is_refused_if_all_are_in_use(
    small_server: tuple[str, Connections], caplog: pytest.LogCaptureFixture, query: bytes
) -> None:
    url, shared = small_server

    def count_in_use() -> int:
        connections = list(shared.open)
        return sum(one not in shared.idle or one.transport.get_write_buffer_size() > 0 for one in connections)

    with connect(url) as first, connect(url) as second:
        for busy in (first, second):
            busy.sendall(b"GET /?%s HTTP/1.1\r\nHost: x\r\n\r\n" % query)
        wait_until(lambda: count_in_use() == 2, 30)
        for _ in range(20):
            with connect(url) as third:
                response = read_all(third)
        head, _, body = response.partition(b"\r\n\r\n")
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
def test_a_refused_request_gets_a_response_is_counted_and_closes_its_connection(
    request_bytes: bytes, status: int, code: str
) -> None:
    records: list[ResponseRecord] = []
    protocol = functools.partial(Connection, shared=Connections(limit=9, answered=records.append))
    with serve_in_thread(Starlette(), http=protocol) as url, connect(url) as connection:
        # A client that sends everything before it reads must get the response too, not a reset connection.
        connection.sendall(request_bytes)
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status and b"\r\nConnection: close" in head
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == (code, status) and problem["hint"]
    assert problem["request_id"].encode() in head
    assert [(one.status, one.code) for one in records] == [(status, code)]


def test_invalid_body_framing_gets_400_and_logs_no_exception(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with connect(url) as connection:
        connection.sendall(b"POST /?delay=0.3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")
    wait_until(lambda: httpx.get(url, params={"delay": "0.4"}, trust_env=False).status_code == 200, 30)
    assert "Exception" not in caplog.text


HANDSHAKE = {
    "Host": "x",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.mark.parametrize(
    ("method", "changed", "status", "code"),
    [
        ("GET", {"Sec-WebSocket-Key": None}, 400, "malformed_request"),
        ("GET", {"Sec-WebSocket-Key": "short"}, 400, "malformed_request"),
        ("POST", {}, 400, "malformed_request"),
        ("GET", {"Sec-WebSocket-Version": "8"}, 426, "upgrade_required"),
        ("GET", {"Sec-WebSocket-Version": None}, 426, "upgrade_required"),
    ],
)
def test_a_wrong_handshake_of_a_socket_gets_a_typed_error(
    url: str, method: str, changed: dict[str, str | None], status: int, code: str
) -> None:
    fields = {name: value for name, value in {**HANDSHAKE, **changed}.items() if value is not None}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with connect(url) as connection:
        connection.sendall(f"{method} / HTTP/1.1\r\n{head}\r\n".encode())
        response, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert response.split()[1] == str(status).encode() and json.loads(body)["code"] == code
    assert (b"Sec-WebSocket-Version: 13" in response) == (status == 426)


@pytest.mark.parametrize("announced", [1, 9])
def test_a_response_of_another_length_than_announced_closes_its_connection_at_once(announced: int) -> None:
    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"12345", headers={"Content-Length": str(announced)})(scope, receive, send)

    app = AccessLogMiddleware(GuardMiddleware(respond, checks=()), str, lambda _: None)
    protocol = functools.partial(Connection, shared=Connections(limit=2))
    with serve_in_thread(app, http=protocol) as url, connect(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"12345"[:announced].startswith(read_all(connection).partition(b"\r\n\r\n")[2])
