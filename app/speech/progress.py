"""What the workers get done: their batches, their restarts, and when something last moved."""

from __future__ import annotations

import threading
import time
from collections import Counter


class Progress:
    """Safe between threads."""

    def __init__(self) -> None:
        self.last = time.perf_counter()
        """When a worker last finished a piece of work, by `time.perf_counter`."""
        self.restarts = 0
        """How often a worker failed outside of a batch and began again."""
        self._batches: Counter[int] = Counter()
        self._lock = threading.Lock()

    def step(self) -> None:
        """A worker finished a piece: a chunk of sound, or a batch, however it ended."""
        self.last = time.perf_counter()

    def took(self, utterances: int) -> None:
        """A worker took a batch."""
        with self._lock:
            self._batches[utterances] += 1

    def restart(self) -> None:
        """Count a worker that begins again."""
        with self._lock:
            self.restarts += 1

    @property
    def batches(self) -> dict[int, int]:
        """How many there were of each size, in utterances."""
        with self._lock:
            return dict(self._batches)
