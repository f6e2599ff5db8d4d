"""Sockets that vanish at any moment give everything back: workers, threads, file descriptors and memory."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode

from app.bench.machine import read_resident_mib
from tests.live.talking import TEXT, open_socket, receive, send
from tests.serving import Server, StartServer, start_server, wait_until

SOCKETS, CLIENTS = 100, 20
MAX_GROWTH = 1.1


def read_metric(server: Server, name: str) -> float:
    with server.create_client() as client:
        lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def drop(server: Server, seed: int) -> None:
    """Open a socket, speak, and drop the connection after a random number of messages, most without a closing one."""
    generator = random.Random(seed)
    route = generator.choice(("stream-input", "multi-stream-input"))
    with suppress(WebSocketException, OSError), open_socket(server.url, route, inactivity_timeout=2) as connection:
        pieces = [TEXT[place : place + 7] for place in range(0, len(TEXT), 7)]
        send(connection, *({"text": piece, "context_id": "a"} for piece in pieces[: generator.randrange(20)]))
        for _ in range(generator.randrange(4)):
            receive(connection)
        if generator.random() < 0.8:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.socket.shutdown(socket.SHUT_RDWR)


def count_resources(server: Server) -> tuple[int, int]:
    """Return the numbers of file descriptors and threads."""
    folder = f"/proc/{server.process.pid}"
    return len(list(Path(folder, "fd").iterdir())), len(list(Path(folder, "task").iterdir()))


def has_given_back(server: Server, before: tuple[int, int]) -> bool:
    return all(now <= then for now, then in zip(count_resources(server), before, strict=True))


def test_dropped_sockets_give_everything_back(own_server: StartServer) -> None:
    server = own_server(INTONE_MAX_SOCKETS_PER_CLIENT="200")
    for attempt in range(2):
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(lambda seed: drop(server, seed), range(attempt * SOCKETS, (attempt + 1) * SOCKETS)))
        wait_until(lambda: read_metric(server, "intone_sockets_open") == 0, 60, server)
        wait_until(lambda: read_metric(server, "intone_utterances_waiting") == 0, 60, server)
        if attempt == 0:
            # The first sockets also load what any speech needs.
            before, size = count_resources(server), read_resident_mib(server.process.pid)
    wait_until(partial(has_given_back, server, before), 60, server)
    assert read_resident_mib(server.process.pid) < MAX_GROWTH * size


@pytest.fixture(scope="module")
def impatient_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    flags = ("--workers", "1", "--reader-patience", "0.5", "--reader-rate", "1000000")
    server = start_server(tmp_path_factory.mktemp("impatient"), *flags)
    yield server
    server.stop()


@pytest.mark.parametrize("route", ["stream-input", "multi-stream-input"])
def test_reader_that_takes_nothing_is_disconnected(impatient_server: Server, route: str) -> None:
    server, before = impatient_server, impatient_server.log_text().count('"reader_too_slow"')
    host, port = server.url.removeprefix("http://").split(":")
    # A plain connection: the client's library would read ahead.
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(
            f"GET /v1/text-to-speech/wren/{route}?output_format=pcm_48000 HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connection.recv(1)
            assert piece, head
            head += piece
        assert head.startswith(b"HTTP/1.1 101"), head
        for message in ({"text": 60 * TEXT}, {"text": ""}):
            frame = Frame(Opcode.TEXT, json.dumps(message).encode())
            connection.sendall(frame.serialize(mask=True))
        wait_until(lambda: server.log_text().count('"reader_too_slow"') == before + 1, 60, server)
        wait_until(lambda: read_metric(server, "intone_sockets_open") == 0, 60, server)
