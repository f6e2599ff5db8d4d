"""The load generator, against a real server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.bench.measures import run_load
from app.bench.peers import WAV_HEADER_BYTES, Client, Request, send_alone
from app.errors import SetupError

TOGETHER = 4
PAUSE = 0.3
"""Seconds that the slow response pauses after each piece."""


class Handler(BaseHTTPRequestHandler):
    """Responds to `/together` once `TOGETHER` requests have arrived, to `/slow` in pieces, and to `/port` with the
    client's port; other paths are not found."""

    protocol_version = "HTTP/1.1"
    barrier = threading.Barrier(TOGETHER, timeout=20)

    def do_POST(self) -> None:
        fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.barrier.wait()
        self.send_head(200, len(fields["text"]))
        self.wfile.write(fields["text"].encode())

    def do_GET(self) -> None:
        if self.path == "/port":
            body = str(self.client_address[1]).encode()
            self.send_head(200, len(body))
            self.wfile.write(body)
            return
        if self.path != "/slow":
            self.send_head(404, 7)
            self.wfile.write(b"nothing")
            return
        self.send_head(200, WAV_HEADER_BYTES + 2)
        for piece in (b"h" * WAV_HEADER_BYTES, b"a", b"b"):
            self.wfile.write(piece)
            time.sleep(PAUSE)

    def send_head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the log out of the output of the tests."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_clients_send_requests_concurrently_and_every_response_is_complete(port: int) -> None:
    requests = [[Request("/together", {"text": f"{client} {number}"}) for number in range(3)] for client in range(4)]
    done = run_load(port, requests)
    expected = {f"{client} {number}".encode() for client in range(TOGETHER) for number in range(3)}
    assert {answer.body for answer in done.answers} == expected
    assert done.seconds >= max(answer.seconds for answer in done.answers)


def test_first_audio_is_the_first_byte_after_the_header(port: int) -> None:
    answer = send_alone(port, Request("/slow"))
    assert answer.body == b"h" * WAV_HEADER_BYTES + b"ab"
    assert PAUSE <= answer.first_audio < answer.seconds


def test_a_client_keeps_its_connection(port: int) -> None:
    with Client(port) as client:
        ports = [client.send(Request("/port")).body for _ in range(3)]
    assert len(set(ports)) == 1 and send_alone(port, Request("/port")).body not in ports


def test_an_error_names_the_path_and_the_status_code_but_not_the_query(port: int) -> None:
    with pytest.raises(SetupError, match=r"/missing returned 404: nothing") as caught:
        run_load(port, [[Request("/missing?text=secret")]])
    assert "secret" not in caught.value.detail


def test_an_unreachable_server_raises_a_setup_error() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        free = server.server_port
    with pytest.raises(SetupError, match="failed: "):
        send_alone(free, Request("/"))
