"""Disturb a service under load: stop its process for seconds, and kill its workers."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field, replace

from app.bench.peers import Peer

STOP_INTERVAL, STOP_SECONDS = 60.0, 2.0
"""Seconds from one stop of the process to the next, and of each stop."""
KILL_INTERVAL = 600.0
"""Seconds from one kill of a worker to the next."""
MIN_ROUNDS = 5
"""Minimum number of stops and of kills in a short test."""
RESTARTS = re.compile(rb"^intone_worker_restarts_total ([0-9]+)", re.MULTILINE)


def make_killable(peer: Peer) -> Peer:
    """Return the peer with a service whose workers SIGUSR1 kills."""
    return replace(peer, command=(sys.executable, "-m", "scripts.soak.killable", *peer.command[3:]))


@dataclass
class Faults:
    """Faults that are injected into a process."""

    pid: int
    counts: Counter[str] = field(default_factory=Counter)

    async def inject(self, seconds: float) -> None:
        """Inject faults for some seconds."""
        stopping, killing = (min(one, seconds / MIN_ROUNDS) for one in (STOP_INTERVAL, KILL_INTERVAL))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stop(stopping, int(seconds / stopping)))
            group.create_task(self._kill(killing, int(seconds / killing)))

    async def _stop(self, interval: float, rounds: int) -> None:
        for _ in range(rounds):
            await asyncio.sleep(interval - STOP_SECONDS)
            os.kill(self.pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(STOP_SECONDS)
            finally:
                os.kill(self.pid, signal.SIGCONT)
            self.counts["stops"] += 1

    async def _kill(self, interval: float, rounds: int) -> None:
        for _ in range(rounds):
            await asyncio.sleep(interval / 2)
            os.kill(self.pid, signal.SIGUSR1)
            self.counts["kills"] += 1
            await asyncio.sleep(interval / 2)
