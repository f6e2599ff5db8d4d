"""Several clients that ask at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from app.bench.client import Answer, Request, ask


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it."""

    answers: list[Answer]
    seconds: float
    """From the first request to the end of the last answer."""


def load(port: int, clients: Sequence[Sequence[Request]]) -> Load:
    """Each client sends its requests one after the other; all begin together. Threads will do: they only wait."""
    start = threading.Barrier(len(clients) + 1)

    def client(requests: Sequence[Request]) -> list[Answer]:
        start.wait()
        return [ask(port, request) for request in requests]

    crowd = ThreadPoolExecutor(len(clients))
    try:
        running = [crowd.submit(client, requests) for requests in clients]
        start.wait()
        began = time.perf_counter()
        wait(running)
        seconds = time.perf_counter() - began
        return Load([answer for one in running for answer in one.result()], seconds)
    finally:
        # All are done, unless we were interrupted: then nobody waits for them, and they fail as the server is stopped.
        start.abort()
        crowd.shutdown(wait=False)
