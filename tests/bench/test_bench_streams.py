"""Traces of streams: first audio, and whether a player would run out of audio."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest

from app.audio.encode import FORMATS
from app.bench.measures import StreamTrace, receive_at, summarize
from app.bench.peers import Request

RATE = 24_000
PIECES = (0.5, 0.25)
"""Seconds of audio of each piece."""


class Handler(BaseHTTPRequestHandler):
    """Streams a WAV in pieces, the second after a pause."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        encoder = FORMATS["wav"].stream(RATE)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for seconds in PIECES:
            self.write_chunk(encoder.push(np.zeros(round(seconds * RATE), np.float32)))
            time.sleep(0.05)
        self.write_chunk(encoder.end())
        self.wfile.write(b"0\r\n\r\n")

    def write_chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the log out of the output of the tests."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_trace_has_the_audio_of_every_piece_without_the_header(port: int) -> None:
    traces = receive_at(port, [(0.0, Request("/")), (0.1, Request("/"))])
    for trace in traces:
        assert sum(seconds for _, seconds in trace.arrivals) == pytest.approx(sum(PIECES))
        assert 0 < trace.first_audio < trace.arrivals[-1][0]


def test_a_player_waits_for_each_piece_that_comes_after_the_audio_before_it() -> None:
    in_time = StreamTrace(((1.0, 0.4), (1.3, 2.0), (3.3, 1.0)))
    assert (in_time.first_audio, in_time.waits) == (1.0, [])
    assert in_time.slack == pytest.approx(0.1)
    late = StreamTrace(((1.0, 0.4), (1.9, 0.5), (2.3, 0.1), (2.6, 0.1)))
    assert late.waits == pytest.approx([0.5, 0.1])
    assert late.slack < 0


def test_audio_in_one_piece_is_never_late() -> None:
    trace = StreamTrace(((3.0, 2.0),))
    assert (trace.waits, trace.slack) == ([], 2.0)


def test_a_summary_has_percentiles_and_counts_late_pieces_of_all_players() -> None:
    traces = [StreamTrace(((float(number), 1.0), (number + 1.5, 1.0))) for number in range(1, 22)]
    found = summarize(traces)
    assert (found["first_audio_of_paragraph"], found["first_audio_of_paragraph_p95"]) == (11.0, 20.0)
    assert found["late_pieces"] == 21.0 and found["shortest_buffer"] == pytest.approx(-0.5)
