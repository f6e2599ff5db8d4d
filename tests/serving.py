"""Start, call and stop a real `intone serve` in tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from app.api.listener import listen
from app.main import create_app, make_server_config
from app.settings import load_settings
from tests.forking import Program, start_program

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120
LOADED = 6
"""Factor of timeouts for a machine under load; a longer timeout costs time only if a test fails."""


def clean_environment(**extra: str) -> dict[str, str]:
    """Return the environment without the settings of the user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTONE_")}
    return {**kept, "NO_COLOR": "1", **extra}


def run_intone(*arguments: str, text: bytes | Path = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end on the backend that loads fastest; `text` is its standard input, or a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("input", "output", "error")]
        if isinstance(text, Path):
            streams[0] = text
        else:
            streams[0].write_bytes(text)
        variables = clean_environment(**{"INTONE_BACKEND": "torch", **environment})
        code = start_program("app", arguments, variables, streams).wait(100 * LOADED)
        return subprocess.CompletedProcess(arguments, code, *(file.read_bytes() for file in streams[1:]))


@dataclass
class Server:
    """A running `intone serve`."""

    process: Program | subprocess.Popen[bytes]
    url: str
    log: Path

    def create_client(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=120 * LOADED, trust_env=False, **options)  # type: ignore[arg-type]

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self, patience: float = 60 * LOADED) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)


StartServer = Callable[..., Server]
"""The type of `start_server` without its folder."""


def start_server(folder: Path, *flags: str, ready: bool = True, **environment: str) -> Server:
    """Start the real service on a free port and the backend that loads fastest, and wait until it is ready.

    With `ready=False` its process is a new one, whose imports let a test call it while it still loads.
    """
    log = folder / "server.log"
    log.write_bytes(b"")
    arguments = ("serve", "--port", "0", "--log-format", "json", "--backend", "torch", *flags)
    variables = clean_environment(**environment)
    process: Program | subprocess.Popen[bytes]
    if ready:
        process = start_program("app", arguments, variables, (os.devnull, os.devnull, log))
    else:
        with log.open("wb") as stderr:
            command = [sys.executable, "-m", "app", *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        server = Server(process, _wait_for_url(process, log), log)
        if ready:
            wait_until(lambda: _is_ready(server), READY_SECONDS, server)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return server


@contextmanager
def serve_in_thread(app: Any, **options: Any) -> Iterator[str]:
    """Serve an app from a thread of this process; return its URL."""
    options = {"log_config": None, "access_log": False, "lifespan": "off", **options}
    with _run_server(uvicorn.Config(app, **options)) as url:
        yield url


@contextmanager
def _run_server(config: uvicorn.Config) -> Iterator[str]:
    server = uvicorn.Server(config)
    with listen(load_settings(port=0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def service_without_models(**settings: Any) -> Iterator[httpx.Client]:
    """Start the service as `intone serve` does, but without models: requests that need one get 503."""
    chosen = load_settings(**settings)
    config = make_server_config(create_app(chosen), chosen, os.environ)
    config.lifespan = "off"
    with _run_server(config) as url, httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        yield client


def analyze(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """Return the plan of `POST /analyze` for some fields."""
    response = client.post("/analyze", json=fields)
    assert response.status_code == 200, response.text
    plan: dict[str, Any] = response.json()
    return plan


def _wait_for_url(process: Program | subprocess.Popen[bytes], log: Path) -> str:
    def find_url() -> re.Match[str] | None:
        assert process.poll() is None, log.read_text()
        return re.search(r"http://127\.0\.0\.1:\d+", log.read_text())

    deadline = time.monotonic() + 30 * LOADED
    while (match := find_url()) is None:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return match.group()


def _is_ready(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float, server: Server | None = None) -> None:
    """Poll until the condition holds; if the server ends before, fail with its log."""
    deadline = time.monotonic() + seconds * LOADED
    while not condition():
        if server is not None:
            assert server.process.poll() is None, server.log_text()
        assert time.monotonic() < deadline, server.log_text() if server else "the condition never held"
        time.sleep(0.05)
