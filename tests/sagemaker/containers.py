"""The entry point of the image as a process, with a folder in place of /opt/ml."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import httpx

from tests.forking import start_program
from tests.serving import READY_SECONDS, Server, clean_environment, wait_until

QUICK = {"INTONE_BACKEND": "torch", "INTONE_CACHE_MB": "0"}
"""Settings without benchmarks and conversion at startup, and without a cache."""


def build_command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.container", *words]


def start_serving(root: Path, *, ready: bool = True, **environment: str) -> Server:
    """Start `IMAGE serve` on a free port."""
    root.mkdir(parents=True, exist_ok=True)
    log = root.parent / f"{root.name}.log"
    log.write_bytes(b"")
    settings = {**QUICK, "INTONE_ML_ROOT": str(root), "SAGEMAKER_BIND_TO_PORT": "0", **environment}
    process = start_program("app.container", ["serve"], clean_environment(**settings), (os.devnull, os.devnull, log))
    server = Server(process, "", log)
    wait_until(lambda: b"listening on " in log.read_bytes(), READY_SECONDS, server)
    port = re.search(r"http://0\.0\.0\.0:(\d+)", server.log_text())
    assert port, server.log_text()
    server.url = f"http://127.0.0.1:{port.group(1)}"
    if ready:
        wait_until(lambda: ping(server).status_code == 200, READY_SECONDS, server)
    return server


def ping(server: Server) -> httpx.Response:
    return httpx.get(f"{server.url}/ping", trust_env=False, timeout=30)


def kill(server: Server) -> None:
    server.process.kill()
    server.process.wait()
