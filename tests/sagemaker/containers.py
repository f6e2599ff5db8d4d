"""The image's entry point as a process of its own, with a folder in the place of /opt/ml."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.serving import READY_SECONDS, ROOT, Server, clean_environment, wait_until

QUICK = {"INTONE_BACKEND": "torch", "INTONE_CACHE_MB": "0"}
"""Nothing is measured or converted at the start, and nothing is spoken from memory."""


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app.container", *words]


def start_serving(root: Path, *, ready: bool = True, **environment: str) -> Server:
    """`IMAGE serve` on a free port."""
    root.mkdir(parents=True, exist_ok=True)
    log = root.parent / f"{root.name}.log"
    told = {**QUICK, "INTONE_ML_ROOT": str(root), "SAGEMAKER_BIND_TO_PORT": "0", **environment}
    with log.open("wb") as stderr:
        process = subprocess.Popen(command("serve"), cwd=ROOT, env=clean_environment(**told), stderr=stderr)
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
