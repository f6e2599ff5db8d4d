"""Processor time and memory of processes, and servers that are started and always stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.bench.machine import read_cpu_seconds, read_resident_mib
from app.bench.peers import CACHED, INTONE, KOKORO, Peer, Request, find_peer, run_server, send_alone
from app.errors import SetupError

SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["GREETING"].encode())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""


def make_request(text: str, seed: int) -> Request:
    return Request("/")


def make_peer(code: str) -> Peer:
    return Peer("small", (sys.executable, "-c", code), "/", make_request, make_request, {"GREETING": "hello"})


def test_processor_time_and_memory_of_running_children_count() -> None:
    code = "import time; kept = bytearray(b'x' * 2**26); n = sum(range(5_000_000)); print(); input()"
    time_before, memory_before = read_cpu_seconds(os.getpid()), read_resident_mib(os.getpid())
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline()
        alone = read_cpu_seconds(child.pid)
        assert alone > 0
        assert read_cpu_seconds(os.getpid()) >= time_before + alone - 0.01  # a tick of the clock
        assert read_resident_mib(os.getpid()) > memory_before + 60
        child.communicate(b"\n")
    assert read_cpu_seconds(os.getpid()) >= time_before + alone - 0.01  # a tick of the clock


def test_a_server_runs_with_its_environment_and_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), run_server(make_peer(SERVER), tmp_path) as server:
        assert send_alone(server.port, Request("/")).body == b"hello"
        raise ZeroDivisionError
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    assert "GET /" in server.log.read_text()


def test_a_server_that_exits_at_once_is_reported_with_its_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(SetupError, match="no such model"),
        run_server(make_peer("raise SystemExit('no such model')"), tmp_path),
    ):
        pass


def test_an_incomplete_peer_is_refused_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KOKORO_MODEL", raising=False)
    with pytest.raises(SetupError) as caught:
        find_peer(KOKORO, tmp_path)
    assert "kokoro" in caught.value.hint


def test_only_the_caching_peer_uses_the_cache(tmp_path: Path) -> None:
    assert find_peer(INTONE, tmp_path).environment == {"INTONE_CACHE_MB": "0"}
    assert "INTONE_CACHE_MB" not in find_peer(CACHED, tmp_path).environment
