"""Read the memory, file descriptors and threads of a process from the kernel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bench.machine import read_resident_mib


@dataclass(frozen=True)
class Usage:
    """Resources of a process."""

    mib: float
    descriptors: int
    threads: int

    @classmethod
    def read(cls, pid: int) -> Usage:
        """Read the usage of a process."""
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        return cls(read_resident_mib(pid), len(list(Path(f"/proc/{pid}/fd").iterdir())), threads)


@contextmanager
def watch_usage(pid: int, usage: list[Usage]) -> Iterator[None]:
    """Record the usage of a process once per second, until it ends."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            try:
                usage.append(Usage.read(pid))
            except OSError:
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
