"""WebSockets whose clients read nothing: their memory is bounded, and so is the time of their end."""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import Close, CloseCode, Frame, Opcode

from app.api.connections import Connection, Connections
from app.api.live import protocol
from app.api.live.protocol import MAX_FRAMES, SocketProtocol
from tests.serving import LOADED, serve_in_thread, wait_until

PINGS = 60_000
"""Their answers are more than the socket buffers of the system hold."""
MAX_UNSENT = (64 + 256) * 1024
"""At most the event loop's limit for a write buffer, and the answers to all that it reads at once."""
ANSWER = "x" * 64 * 1024
Served = tuple[str, Connections, list[str]]
"""URL, connections, and the messages received so far."""
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def answer_at_length(websocket: WebSocket) -> None:
    """Send more than the client reads, for each message."""
    await websocket.accept()
    async for message in websocket.iter_text():
        websocket.app.state.received.append(message)
        for _ in range(1000):
            await websocket.send_text(ANSWER)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    shared = Connections(limit=100)
    app = Starlette(routes=[WebSocketRoute("/", answer_at_length)])
    app.state.received = []
    with serve_in_thread(app, http=functools.partial(Connection, shared=shared), ws=SocketProtocol) as url:
        yield url, shared, app.state.received


@pytest.fixture
def connection(served: Served) -> Iterator[socket.socket]:
    """Open a WebSocket whose client has little room for what it does not read."""
    address = urlsplit(served[0])
    with socket.socket() as connection:
        connection.settimeout(10 * LOADED)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((address.hostname, address.port))
        connection.sendall(HANDSHAKE)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(1)
        assert received.startswith(b"HTTP/1.1 101")
        yield connection


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def count_unsent(shared: Connections) -> int:
    return sum(one.transport.get_write_buffer_size() for one in tuple(shared.open))


def test_unread_answers_to_pings_take_no_memory(served: Served, connection: socket.socket) -> None:
    pings = frame(Opcode.PING, b"x" * 125) * 100
    for _ in range(PINGS // 100):
        connection.sendall(pings)
    connection.sendall(frame(Opcode.TEXT, b"last"))
    wait_until(lambda: "last" in served[2], 10)
    assert count_unsent(served[1]) < MAX_UNSENT


def test_message_of_too_many_empty_frames_is_refused(connection: socket.socket) -> None:
    connection.sendall(frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 2 * MAX_FRAMES)
    closing = b"".join(iter(lambda: connection.recv(1000), b""))
    assert Close.parse(closing[2:]).code == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize("last", [frame(Opcode.CLOSE), b"\xff" * 20], ids=["close", "not a frame"])
def test_closed_socket_with_unread_bytes_ends_soon(
    served: Served, connection: socket.socket, last: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "CLOSE_SECONDS", 0.1)
    connection.sendall(frame(Opcode.TEXT, b"hello"))
    wait_until(lambda: count_unsent(served[1]) > 0, 10)
    connection.sendall(last)
    wait_until(lambda: not served[1].open, 10)
