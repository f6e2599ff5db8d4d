"""Measure the latency of `GET /health` from a separate process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection

PAUSE_SECONDS = 0.05


def probe_health(port: int, results: Connection) -> None:
    """Request /health repeatedly on one connection until the other end of `results` sends something."""
    connection, seconds = HTTPConnection("127.0.0.1", port, timeout=60), list[float]()
    while not results.poll(PAUSE_SECONDS):
        began = time.perf_counter()
        connection.request("GET", "/health")
        connection.getresponse().read()
        seconds.append(time.perf_counter() - began)
    results.send(seconds)


@contextmanager
def monitor_health(port: int, seconds: list[float]) -> Iterator[None]:
    """Probe while the body runs, and add the latencies to `seconds`; the clients do not slow this process."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=probe_health, args=(port, theirs))
    process.start()
    theirs.close()  # so that the end of the process is noticed
    try:
        yield
    finally:
        ours.send(None)
        seconds += ours.recv()
        process.join()
