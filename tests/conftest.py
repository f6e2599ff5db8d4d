"""What the tests share: a real server in a process of its own, and one in this process whose event loop is watched."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from blockbuster import BlockBuster

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def watched_event_loop() -> Iterator[BlockBuster]:
    """Every event loop of this process raises where it would block, whichever thread it runs in."""
    watch = BlockBuster()
    watch.activate()
    yield watch
    watch.deactivate()


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTONE_")}
    return {**kept, "NO_COLOR": "1", **extra}


@dataclass
class Server:
    """A running `intone serve`."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=120, trust_env=False, **options)  # type: ignore[arg-type]

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self, patience: float = 60) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)


StartServer = Callable[..., Server]


def start_server(folder: Path, *flags: str, ready: bool = True, **environment: str) -> Server:
    """Start the real service on a free port, and wait until it can speak."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--log-format", "json", *flags]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(**environment), stdout=subprocess.DEVNULL, stderr=stderr
        )
    server = Server(process, _address(process, log), log)
    if ready:
        wait_until(lambda: _is_ready(server), READY_SECONDS, server)
    return server


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    def found() -> re.Match[str] | None:
        assert process.poll() is None, log.read_text()
        return re.search(r"http://127\.0\.0\.1:\d+", log.read_text())

    deadline = time.monotonic() + 30
    while (match := found()) is None:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return match.group()


def _is_ready(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(holds: Callable[[], bool], seconds: float, server: Server | None = None) -> None:
    """Poll until it holds; a server that died in the meantime says why."""
    deadline = time.monotonic() + seconds
    while not holds():
        if server is not None:
            assert server.process.poll() is None, server.log_text()
        assert time.monotonic() < deadline, server.log_text() if server else "it never held"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real service for all tests that do not stop it."""
    server = start_server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts services that a test may configure, load and stop."""
    started: list[Server] = []

    def start(*flags: str, **options: object) -> Server:
        server = start_server(tmp_path, *flags, **options)  # type: ignore[arg-type]
        started.append(server)
        return server

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="module")
def watched_server() -> Iterator[str]:
    """The service in this process, in a thread whose event loop BlockBuster watches like any other; its address."""
    import socket

    import uvicorn

    from app.main import create_app
    from app.settings import load_settings

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(load_settings()), log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    wait_until(lambda: httpx.get(f"{url}/ready", trust_env=False).status_code == 200, READY_SECONDS)
    yield url
    server.should_exit = True
    thread.join()
    listener.close()
