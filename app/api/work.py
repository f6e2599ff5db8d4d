"""Blocking work for requests: bounded in number, in waiting and in time, and given up when nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.errors import Busy, OverTimeBudget

T = TypeVar("T")

Cancelled = Callable[[], bool]
"""Asked by the work between its steps: whether nobody waits for it any more."""

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
    """Runs `workers` pieces of work at a time in threads; `queue_size` more may wait. Used from one event loop."""

    def __init__(
        self, name: str, *, workers: int, queue_size: int, time_budget: float, stream_time_budget: float | None = None
    ) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._free = asyncio.Semaphore(workers)
        self._queue_size = queue_size
        self.time_budget = time_budget
        self.stream_time_budget = stream_time_budget or time_budget
        """Of work that comes in pieces."""
        self.waiting = 0

    async def run(self, work: Callable[[Cancelled], T], gone: Gone) -> Done[T]:
        """The result of `work`, unless the time is over first, or `gone` returns because the client left."""
        self._refuse_when_full()
        given_up = threading.Event()
        try:
            return await self._in_time(self._do(work, given_up), gone, self.time_budget)
        finally:
            given_up.set()

    async def start(self, work: Callable[[Cancelled], Iterator[T]], gone: Gone) -> Done[Steps[T]]:
        """The same for work that comes in pieces: returns with the first one; the turn ends when they are closed."""
        self._refuse_when_full()
        steps: Steps[T] = Steps(self, work)
        try:
            queued_ms = await self._in_time(steps.begin(), gone, self.stream_time_budget)
        except BaseException:
            steps.close()
            raise
        return Done(steps, queued_ms)

    def _refuse_when_full(self) -> None:
        if self._free.locked() and self.waiting >= self._queue_size:
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

    async def _do(self, work: Callable[[Cancelled], T], given_up: threading.Event) -> Done[T]:
        queued_ms = await self.turn()
        running = self.in_thread(work, given_up.is_set)
        # The place is free when the thread is, which is later than the client's leaving; its error is then nobody's.
        running.add_done_callback(self._release)
        await asyncio.wait((running,))
        return Done(running.result(), queued_ms)

    async def turn(self) -> float:
        """Wait for a place; returns the milliseconds."""
        since = time.perf_counter()
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        return (time.perf_counter() - since) * 1000

    def in_thread(self, call: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Run a call in one of the threads; whoever has a place has a thread."""
        return asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def release(self) -> None:
        """Give a place back."""
        self._free.release()

    def _release(self, running: asyncio.Future[T]) -> None:
        self.release()
        if not running.cancelled():
            running.exception()

    async def close(self) -> None:
        """Waits for the work that still runs."""
        await asyncio.to_thread(self._threads.shutdown)


def too_late(seconds: float) -> OverTimeBudget:
    """What is told to a request that took longer than so many seconds."""
    return OverTimeBudget(
        f"The request was given up after {seconds:g} seconds.",
        hint="Send shorter texts, or raise INTONE_TIME_BUDGET, or INTONE_STREAM_TIME_BUDGET for streams.",
    )


class Steps(AsyncIterator[T]):
    """Work that comes in pieces: each is made when it is asked for, so a slow reader holds the work up.

    The time budget counts what the work takes, not what the reader takes between its pieces.
    """

    def __init__(self, queue: WorkQueue, work: Callable[[Cancelled], Iterator[T]]) -> None:
        self._queue = queue
        self._work = work
        self._given_up = threading.Event()
        self._pieces: Iterator[T] | None = None
        self._first: list[T] = []
        self._running: asyncio.Future[list[T]] | None = None
        self._left = queue.stream_time_budget
        self._has_place = False

    async def begin(self) -> float:
        """Wait for a place and make the first piece; returns the milliseconds of waiting."""
        queued_ms = await self._queue.turn()
        self._has_place = True
        began = time.perf_counter()
        self._pieces = self._work(self._given_up.is_set)
        # Shielded: who stops waiting must not hide that the thread still runs.
        self._first = await asyncio.shield(self._make())
        self._left -= queued_ms / 1000 + time.perf_counter() - began
        return queued_ms

    async def __anext__(self) -> T:
        if not (piece := self._first):
            began = time.perf_counter()
            try:
                piece = await asyncio.wait_for(asyncio.shield(self._make()), max(0.0, self._left))
            except TimeoutError:
                raise too_late(self._queue.stream_time_budget) from None
            self._left -= time.perf_counter() - began
        if not piece:
            raise StopAsyncIteration
        self._first = []
        return piece[0]

    def _make(self) -> asyncio.Future[list[T]]:
        pieces = self._pieces
        assert pieces is not None
        # In a list, for StopIteration cannot be handed through a future.
        self._running = self._queue.in_thread(lambda: [piece for piece in [next(pieces, None)] if piece is not None])
        return self._running

    def close(self) -> None:
        """Give the work up, and its place back as soon as its thread is free; may be called at any time, once."""
        self._given_up.set()
        if not self._has_place:
            return
        if self._running is None or self._running.done():
            self._finish(self._running)
        else:
            self._running.add_done_callback(self._finish)

    def _finish(self, running: asyncio.Future[list[T]] | None) -> None:
        if running is not None and not running.cancelled():
            running.exception()
        close = getattr(self._pieces, "close", None)
        if close is None:
            self._queue.release()
        else:
            self._queue.in_thread(close).add_done_callback(lambda _: self._queue.release())
