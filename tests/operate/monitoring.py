"""A real Prometheus on a free port, with the project's own configuration, watching a real service."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.serving import ROOT, wait_until

FILES = ROOT / "docker" / "prometheus"
SCRAPE_SECONDS = 1


@dataclass
class Prometheus:
    """One that runs."""

    client: httpx.Client
    log: Path

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its HTTP API."""
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def values(self, expression: str) -> list[float]:
        """What an expression is now: one number for each of its series."""
        return [float(one["value"][1]) for one in self.ask("query", query=expression)["result"]]


@contextmanager
def watching(address: str, folder: Path) -> Iterator[Prometheus]:
    """Prometheus that scrapes an address (host:port) every second; ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "prometheus.log"
    command = [
        "prometheus",
        f"--config.file={_configured(address, folder)}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stderr, stderr=stderr)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            wait_until(lambda: _answers(client, process, log), 60)
            yield Prometheus(client, log)
    finally:
        process.terminate()
        process.wait(30)


def _configured(address: str, folder: Path) -> Path:
    """The project's configuration, for another target and in a hurry."""
    shutil.copy(FILES / "alerts.yml", folder)
    text = (FILES / "prometheus.yml").read_text(encoding="utf-8")
    assert text.count('"intone:8000"') == 1 and text.count("15s") == 2
    configured = folder / "prometheus.yml"
    configured.write_text(text.replace('"intone:8000"', f'"{address}"').replace("15s", f"{SCRAPE_SECONDS}s"))
    return configured


def _answers(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False
