"""Blocking work for requests: bounded in number, in waiting and in time, and given up when nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.errors import Busy, OverTimeBudget

T = TypeVar("T")

Cancelled = Callable[[], bool]
"""Asked by the work between its steps: whether nobody waits for it any more."""


class ClientGone(Exception):
    """The client closed the connection before its answer was ready."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What the work returned, and what it cost to wait for its turn."""

    result: T
    queued_ms: float


class WorkQueue:
    """Runs `workers` pieces of work at a time in threads; `queue_size` more may wait. Used from one event loop."""

    def __init__(self, name: str, *, workers: int, queue_size: int, time_budget: float) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._free = asyncio.Semaphore(workers)
        self._queue_size = queue_size
        self._time_budget = time_budget
        self.waiting = 0

    async def run(self, work: Callable[[Cancelled], T], gone: Callable[[], Coroutine[Any, Any, None]]) -> Done[T]:
        """The result of `work`, unless the time is over first, or `gone` returns because the client left."""
        if self._free.locked() and self.waiting >= self._queue_size:
            raise Busy(f"{self.waiting} requests are waiting.", hint="Try again after the seconds in Retry-After.")
        given_up = threading.Event()
        doing = asyncio.create_task(self._do(work, given_up))
        leaving = asyncio.create_task(gone())
        try:
            await asyncio.wait((doing, leaving), timeout=self._time_budget, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            if leaving.done():
                raise ClientGone
            raise self._too_late()
        finally:
            given_up.set()
            doing.cancel()
            leaving.cancel()

    async def _do(self, work: Callable[[Cancelled], T], given_up: threading.Event) -> Done[T]:
        since = time.perf_counter()
        await self._turn()
        queued_ms = (time.perf_counter() - since) * 1000
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, given_up.is_set)
        # The place is free when the thread is, which is later than the client's leaving; its error is then nobody's.
        running.add_done_callback(self._release)
        await asyncio.wait((running,))
        return Done(running.result(), queued_ms)

    async def _turn(self) -> None:
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1

    def _release(self, running: asyncio.Future[T]) -> None:
        self._free.release()
        if not running.cancelled():
            running.exception()

    def _too_late(self) -> OverTimeBudget:
        return OverTimeBudget(
            f"The request was given up after {self._time_budget:g} seconds.",
            hint="Send shorter texts, or raise INTONE_TIME_BUDGET.",
        )

    async def close(self) -> None:
        """Waits for the work that still runs."""
        await asyncio.to_thread(self._threads.shutdown)
