"""Many slow and idle readers of streams beside requests that need a prompt response."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx

from tests.serving import Server, StartServer, wait_until

CHAPTER = " ".join(
    f"The rain fell on the roof all night, and {number} people in the old house could not sleep at all."
    for number in range(100, 300)
)
ALICE, BOB = "a-key-of-alice-0123456789", "a-key-of-bob-0123456789"
SECOND = 44_100
"""Bytes in a second of audio at the sample rate of the voice."""


@contextmanager
def open_stream(server: Server, key: str = "", text: str = CHAPTER) -> Iterator[socket.socket]:
    """Open a connection and request a stream on it."""
    host, port = server.url.removeprefix("http://").split(":")
    body = json.dumps({"text": text, "stream": True}).encode()
    headers = {"Host": f"{host}:{port}", "Content-Type": "application/json", "Content-Length": len(body)}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        connection.sendall(f"POST /synthesize HTTP/1.1\r\n{head}\r\n".encode() + body)
        yield connection


def read_status(connection: socket.socket) -> int:
    return int(connection.recv(12).split()[1])


def count_open_streams(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("intone_streams_open "))


def play(connection: socket.socket, seconds: int) -> int:
    """Read some seconds of a stream in bursts, no faster than it plays; return the number of bytes."""
    taken, began = 0, time.monotonic()
    while taken < seconds * SECOND:
        if taken > (time.monotonic() - began + 1) * SECOND:
            time.sleep(0.2)
        elif data := connection.recv(65_536):
            taken += len(data)
        else:
            break
    return taken


def test_slow_readers_do_not_delay_other_requests(own_server: StartServer, quick_flags: tuple[str, ...]) -> None:
    server = own_server(*quick_flags, "--concurrency", "2")
    with server.create_client() as client, ExitStack() as stack, ThreadPoolExecutor(4) as players:
        idle = [stack.enter_context(open_stream(server)) for _ in range(20)]
        assert {read_status(one) for one in idle} == {200}
        playing = [stack.enter_context(open_stream(server)) for _ in range(4)]
        assert {read_status(one) for one in playing} == {200}
        played = [players.submit(play, one, 4) for one in playing]
        for number in range(8):
            response = client.post("/synthesize", json={"text": f"This is number {number}.", "stream": number % 2 == 0})
            assert response.status_code == 200
        assert count_open_streams(client) == 24
        assert all(one.result() >= 4 * SECOND for one in played)
        assert all(one.recv(1) for one in idle)
        stack.close()
        wait_until(lambda: count_open_streams(client) == 0, 30)


def test_open_streams_are_limited_per_client_and_in_total(
    own_server: StartServer, quick_flags: tuple[str, ...]
) -> None:
    flags = (*quick_flags, "--max-streams", "3", "--max-streams-per-client", "2")
    server = own_server(*flags, INTONE_API_KEYS=f"alice={ALICE},bob={BOB}")
    hers, his = {"Authorization": f"Bearer {ALICE}"}, {"Authorization": f"Bearer {BOB}"}
    stream, whole = {"text": "Hello.", "stream": True}, {"text": "Hello."}
    with server.create_client() as client, ExitStack() as stack:
        taken = [stack.enter_context(open_stream(server, key)) for key in (ALICE, ALICE, BOB)]
        assert {read_status(one) for one in taken} == {200}
        refused = client.post("/synthesize", json=stream, headers=hers)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert refused.headers["retry-after"] and "INTONE_MAX_STREAMS_PER_CLIENT" in refused.json()["hint"]
        full = client.post("/synthesize", json=stream, headers=his)
        assert (full.status_code, full.json()["code"]) == (503, "busy")
        assert client.post("/synthesize", json=whole, headers=hers).status_code == 200
        taken[0].close()
        wait_until(lambda: client.post("/synthesize", json=stream, headers=hers).status_code == 200, 30)


def test_a_reader_that_is_too_slow_is_disconnected(own_server: StartServer, quick_flags: tuple[str, ...]) -> None:
    server = own_server(*quick_flags, "--reader-patience", "0.5", "--reader-rate", "1000000")
    with server.create_client() as client, open_stream(server) as connection:
        assert read_status(connection) == 200
        wait_until(lambda: count_open_streams(client) == 0, 60)
        wait_until(lambda: '"code": "reader_too_slow"' in server.log_text(), 10)
        assert 'intone_rejected_total{code="reader_too_slow"} 1.0' in client.get("/metrics").text
        while connection.recv(65_536):
            pass  # what was sent until then; the end follows
    assert "Traceback" not in server.log_text()
