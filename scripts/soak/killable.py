"""Run the service so that SIGUSR1 kills one of its workers: the next one that asks for a task gets an exception.

python -m scripts.soak.killable serve --port 8000
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence

from app.__main__ import main
from app.synthesis.job import Task
from app.synthesis.scheduler import TaskQueue


class WorkerKilled(BaseException):
    """The injected failure of a worker."""


class KillableQueue(TaskQueue):
    """Queue that fails once for each time that `kills` was released."""

    kills = threading.Semaphore(0)

    def take(self, most: int) -> Sequence[Task]:
        """Return tasks like `TaskQueue`, or raise `WorkerKilled`."""
        if self.kills.acquire(blocking=False):
            raise WorkerKilled
        return super().take(most)


if __name__ == "__main__":
    import app.synthesis.engine as engine

    engine.TaskQueue = KillableQueue  # type: ignore[attr-defined]
    signal.signal(signal.SIGUSR1, lambda *_: KillableQueue.kills.release())
    sys.exit(main())
