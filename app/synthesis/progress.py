"""Record the progress of the workers."""

from __future__ import annotations

import threading
import time
from collections import Counter


class Progress:
    """Progress of the workers, for health checks and metrics. Thread-safe."""

    def __init__(self) -> None:
        self.last = time.perf_counter()
        """When a worker last finished a step of work, by `time.perf_counter`."""
        self.restarts = 0
        """Number of times a worker failed outside a batch and restarted."""
        self._batches: Counter[int] = Counter()
        self._lock = threading.Lock()

    def record_step(self) -> None:
        """Record that a worker finished a chunk of audio or a batch, successfully or not."""
        self.last = time.perf_counter()

    def count_batch(self, utterances: int) -> None:
        """Count a batch that a worker took, by its number of utterances."""
        with self._lock:
            self._batches[utterances] += 1

    def count_restart(self) -> None:
        """Count a restart of a worker."""
        with self._lock:
            self.restarts += 1

    @property
    def batches(self) -> dict[int, int]:
        """Number of batches by their size in utterances."""
        with self._lock:
            return dict(self._batches)
