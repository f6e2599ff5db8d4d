"""Start a server process on a free port, wait until it is ready, and always stop it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bench.peers import Peer, Request, ask
from app.errors import SetupError

READY_SECONDS = 300
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Server:
    """A running server of a peer."""

    peer: Peer
    port: int
    pid: int
    log: Path


@contextmanager
def run_server(peer: Peer, folder: Path) -> Iterator[Server]:
    """Run the peer's server, ready to speak, and write its log to the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"{peer.name}.log"
    command = [*peer.command, "--port", str(port)]
    # The peer's own environment decides whether the service caches.
    kept = {name: value for name, value in os.environ.items() if name != "INTONE_CACHE_MB"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**kept, **peer.environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(process, port, peer, log)
        yield Server(peer, port, process.pid, log)
    finally:
        _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, peer: Peer, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(port, peer.ready_path):
        if process.poll() is not None:
            lines = log.read_text(errors="replace").split("\n")
            raise SetupError(f"Its server ended at once: {' '.join(line for line in lines if line)[-300:]}")
        if time.monotonic() > deadline:
            raise SetupError(f"Its server was not ready within {READY_SECONDS} seconds.")
        time.sleep(0.1)


def _is_ready(port: int, path: str) -> bool:
    try:
        ask(port, Request(path))
    except SetupError:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
