"""Blocking work for requests: bounded in number, in waiting and in time, and given up when nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from app.api.places import Places
from app.api.steps import Cancelled, Steps, too_late
from app.errors import Busy

T = TypeVar("T")

Gone = Callable[[], Coroutine[Any, Any, None]]
"""Returns when the client has left."""


class ClientGone(Exception):
    """The client closed the connection before its answer was ready."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What the work returned, and what it cost to wait for its turn."""

    result: T
    queued_ms: float


class WorkQueue:
    """Runs `workers` pieces of work at a time in threads; `queue_size` more may wait. Used from one event loop.

    Work that comes in pieces has a place until its first piece. Its later pieces are made when the reader wants them,
    in up to `stream_threads` threads of their own: a reader that takes nothing holds neither a place nor a thread.
    """

    def __init__(
        self,
        name: str,
        *,
        workers: int,
        queue_size: int,
        time_budget: float,
        stream_time_budget: float | None = None,
        stream_threads: int = 1,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._pools = {
            ThreadPoolExecutor(workers, thread_name_prefix=name): workers,
            ThreadPoolExecutor(stream_threads, thread_name_prefix=f"{name}-streams"): stream_threads,
        }
        self._threads, self._stream_threads = self._pools
        self._places = Places(workers)
        self._queue_size = queue_size
        self._clock = clock
        self._handed_over: dict[object, float] = {}
        """When work was given to a thread that has not begun it yet."""
        self.time_budget = time_budget
        self.stream_time_budget = stream_time_budget or time_budget
        """Of work that comes in pieces."""

    @property
    def waiting(self) -> int:
        """Requests that wait for a place."""
        return self._places.waiting

    def start_threads(self) -> None:
        """Start all threads now, or raise RuntimeError: none is missing later, when the system may refuse one."""
        for pool, count in self._pools.items():
            start = threading.Event()
            try:
                for _ in range(count):
                    pool.submit(start.wait)
            finally:
                start.set()

    def stalled_for(self, now: float) -> float:
        """Return the seconds for which work has had a place and no thread to run it."""
        return max(0.0, now - min([*self._handed_over.values()], default=now))

    async def run(self, work: Callable[[Cancelled], T], gone: Gone, client: str = "") -> Done[T]:
        """Return the result of `work`, unless the time is over first, or `gone` returns because the client left.

        Places are shared evenly among the clients that wait.
        """
        self._refuse_when_full()
        given_up = threading.Event()
        try:
            return await self._in_time(self._do(partial(work, given_up.is_set), client), gone, self.time_budget)
        finally:
            given_up.set()

    async def start(self, work: Callable[[Cancelled], Iterator[T]], gone: Gone) -> Done[Steps[T]]:
        """Do the same for work that comes in pieces: return when the first one is made."""
        self._refuse_when_full()
        steps = Steps(work, self._stream_threads, self.stream_time_budget, self._clock)
        began = self._clock()
        try:
            first = await self._in_time(self._do(steps.make, ""), gone, self.stream_time_budget)
        except BaseException:
            steps.close()
            raise
        steps.begin(first.result, self._clock() - began)
        return Done(steps, first.queued_ms)

    def _refuse_when_full(self) -> None:
        if not self._places.free and self.waiting >= self._queue_size:
            raise Busy(f"{self.waiting} requests are waiting.", hint="Try again after the seconds in Retry-After.")

    async def _in_time(self, work: Coroutine[Any, Any, T], gone: Gone, seconds: float) -> T:
        doing = asyncio.create_task(work)
        leaving = asyncio.create_task(gone())
        try:
            await asyncio.wait((doing, leaving), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            if leaving.done():
                raise ClientGone
            raise too_late(seconds)
        finally:
            doing.cancel()
            leaving.cancel()

    async def _do(self, work: Callable[[], T], client: str) -> Done[T]:
        since = time.perf_counter()
        await self._places.take(client)
        queued_ms = (time.perf_counter() - since) * 1000
        running = None
        try:
            running = self._in_thread(work)
        finally:
            if running is None:
                self._places.give_back()
        # The place is free when the thread is, which is later than the client's leaving; its error is then nobody's.
        running.add_done_callback(self._release)
        await asyncio.wait((running,))
        return Done(running.result(), queued_ms)

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run a call in one of the threads; whoever has a place has a thread."""
        ticket = object()
        self._handed_over[ticket] = self._clock()

        def begun() -> T:
            del self._handed_over[ticket]
            return work()

        return asyncio.get_running_loop().run_in_executor(self._threads, begun)

    def _release(self, running: asyncio.Future[T]) -> None:
        self._places.give_back()
        if not running.cancelled():
            running.exception()

    async def close(self) -> None:
        """Wait for the work that still runs."""
        for pool in self._pools:
            await asyncio.to_thread(pool.shutdown)
