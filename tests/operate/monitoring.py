"""A real Prometheus on a free port, with the project's own configuration, that scrapes a real service."""

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
    """A running Prometheus."""

    client: httpx.Client
    log: Path

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of a response of its HTTP API."""
        response = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert response["status"] == "success", (parameters, response)
        return response["data"]

    def query(self, expression: str) -> list[float]:
        """Return the current values of an expression, one for each of its series."""
        return [float(one["value"][1]) for one in self.get("query", query=expression)["result"]]


@contextmanager
def run_prometheus(address: str, folder: Path) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes an address (host:port) every second, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "prometheus.log"
    command = [
        "prometheus",
        f"--config.file={_write_configuration(address, folder)}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stderr, stderr=stderr)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            wait_until(lambda: _is_ready(client, process, log), 60)
            yield Prometheus(client, log)
    finally:
        process.terminate()
        process.wait(30)


def _write_configuration(address: str, folder: Path) -> Path:
    """Write the project's configuration for another target and a shorter interval, and return its file."""
    shutil.copy(FILES / "alerts.yml", folder)
    text = (FILES / "prometheus.yml").read_text(encoding="utf-8")
    assert text.count('"intone:8000"') == 1 and text.count("15s") == 2
    file = folder / "prometheus.yml"
    file.write_text(text.replace('"intone:8000"', f'"{address}"').replace("15s", f"{SCRAPE_SECONDS}s"))
    return file


def _is_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False
