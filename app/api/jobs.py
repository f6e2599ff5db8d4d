"""Run blocking work for requests, with limits on concurrency, waiting requests and time, and with cancellation."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from app.errors import Busy, OverTimeBudget


class FairSemaphore:
    """Semaphore that serves waiting clients in turn, so that no client waits for all requests of another.

    Used from one event loop.
    """

    def __init__(self, count: int) -> None:
        self.free = count
        self.waiting = 0
        self._turns: dict[str, deque[asyncio.Future[None]]] = {}
        """Waiting requests by client; the first client is the next to get a place."""

    async def take(self, client: str) -> None:
        """Wait for a place."""
        if self.free:
            self.free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._turns.setdefault(client, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(client, turn)
            else:
                self.give_back()
            raise
        finally:
            self.waiting -= 1

    def give_back(self) -> None:
        """Release a place to the next client."""
        while self._turns:
            client = next(iter(self._turns))
            turns = self._turns.pop(client)
            turn = turns.popleft()
            if turns:
                self._turns[client] = turns
            # A request that was cancelled a moment ago stays queued until its task runs.
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def _forget(self, client: str, turn: asyncio.Future[None]) -> None:
        turns = self._turns.get(client, deque())
        if turn in turns:
            turns.remove(turn)
            if not turns:
                del self._turns[client]


T = TypeVar("T")

IsCancelled = Callable[[], bool]
"""Function that the work calls between its steps; returns whether its result is no longer needed."""


class StreamingJob(AsyncIterator[T], Generic[T]):
    """Iterator over the pieces of some work, each made on demand: a slow reader blocks the work but no thread.

    The time budget counts the time that the work takes, not the time that the reader takes between pieces.
    """

    def __init__(
        self,
        work: Callable[[IsCancelled], Iterator[T]],
        threads: Executor,
        time_budget: float,
        clock: Callable[[], float],
    ) -> None:
        self._work = work
        self._threads = threads
        self._time_budget = time_budget
        self._left = time_budget
        self._clock = clock
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._pieces: Iterator[T] | None = None
        self._first_piece: list[T] | None = None

    def make(self) -> list[T]:
        """Make the next piece, in any thread; return it in a list, empty at the end (futures reject StopIteration)."""
        with self._lock:
            if self._cancelled.is_set():
                return []
            if self._pieces is None:
                self._pieces = self._work(self._cancelled.is_set)
            return [piece for piece in [next(self._pieces, None)] if piece is not None]

    def begin(self, first: list[T], seconds: float) -> None:
        """Take the first piece, which took this many seconds to make."""
        self._first_piece = first
        self._left -= seconds

    async def __anext__(self) -> T:
        piece, self._first_piece = self._first_piece, None
        if piece is None:
            began = self._clock()
            piece = await _run_bounded(self._threads, self.make, self._left, self._time_budget)
            self._left -= self._clock() - began
        if not piece:
            raise StopAsyncIteration
        return piece[0]

    def close(self) -> None:
        """Cancel the work and end it as soon as its thread is free; call once, at any time."""
        self._cancelled.set()
        asyncio.get_running_loop().run_in_executor(self._threads, self._close_pieces).add_done_callback(
            retrieve_exception
        )

    def _close_pieces(self) -> None:
        with self._lock:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()


def retrieve_exception(ended: asyncio.Future[Any]) -> None:
    """Retrieve the exception of a future that may have no other receiver, so that asyncio does not report it."""
    if not ended.cancelled():
        ended.exception()


async def _run_bounded(threads: Executor, step: Callable[[], T], seconds: float, budget: float) -> T:
    """Run a step of a stream in a thread for at most some seconds; the error says how many the whole stream has."""
    running = asyncio.get_running_loop().run_in_executor(threads, step)
    running.add_done_callback(retrieve_exception)
    try:
        # Shielded: a cancelled waiter must not hide that the thread still runs.
        return await asyncio.wait_for(asyncio.shield(running), max(0.0, seconds))
    except TimeoutError:
        raise make_timeout_error(budget) from None


def make_timeout_error(seconds: float) -> OverTimeBudget:
    """Return the error of a request that took longer than its budget, in seconds."""
    return OverTimeBudget(
        f"The request was given up after {seconds:g} seconds.",
        hint="Send shorter texts, or raise INTONE_TIME_BUDGET, or INTONE_STREAM_TIME_BUDGET for streams.",
    )


WaitForDisconnect = Callable[[], Coroutine[Any, Any, object]]
"""Coroutine function that returns when the client has disconnected."""


class ClientDisconnected(Exception):
    """Error of a request whose client closed the connection before the response was ready."""


@dataclass(frozen=True, slots=True)
class JobResult(Generic[T]):
    """Result of a job, and the time that it waited in the queue."""

    result: T
    queued_ms: float


class JobQueue:
    """Queue that runs `workers` jobs at a time in threads; `queue_size` more may wait. Used from one event loop.

    A streaming job has a place until its first piece. Its later pieces are made when the reader wants them, in up to
    `stream_threads` threads of their own: a reader that takes nothing holds neither a place nor a thread.
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
        self._places = FairSemaphore(workers)
        self._queue_size = queue_size
        self._clock = clock
        self._handed_over: dict[object, float] = {}
        """Submission times of jobs that no thread has started yet."""
        self.time_budget = time_budget
        self.stream_time_budget = stream_time_budget or time_budget
        """Seconds that a streaming job may take."""

    @property
    def waiting(self) -> int:
        """Number of requests that wait for a place."""
        return self._places.waiting

    def start_threads(self) -> None:
        """Start all threads now, or raise RuntimeError: later, the system may refuse to start one."""
        for pool, count in self._pools.items():
            start = threading.Event()
            try:
                for _ in range(count):
                    pool.submit(start.wait)
            finally:
                start.set()

    def measure_stall(self, now: float) -> float:
        """Return the seconds for which the oldest job with a place has waited for a thread."""
        return max(0.0, now - min([*self._handed_over.values()], default=now))

    async def run(
        self, work: Callable[[IsCancelled], T], wait_for_disconnect: WaitForDisconnect, client: str = ""
    ) -> JobResult[T]:
        """Return the result of `work`; raise an error on timeout, or if `wait_for_disconnect` returns first.

        Places are shared evenly among the waiting clients.
        """
        self._refuse_when_full()
        cancelled = threading.Event()
        try:
            return await self._run_in_time(
                self._run_in_place(partial(work, cancelled.is_set), client), wait_for_disconnect, self.time_budget
            )
        finally:
            cancelled.set()

    async def start(
        self, work: Callable[[IsCancelled], Iterator[T]], wait_for_disconnect: WaitForDisconnect
    ) -> JobResult[StreamingJob[T]]:
        """Start work that yields pieces, and return when the first piece is ready; raises the same errors as `run`."""
        self._refuse_when_full()
        steps = StreamingJob(work, self._stream_threads, self.stream_time_budget, self._clock)
        began = self._clock()
        try:
            first = await self._run_in_time(
                self._run_in_place(steps.make, ""), wait_for_disconnect, self.stream_time_budget
            )
        except BaseException:
            steps.close()
            raise
        steps.begin(first.result, self._clock() - began)
        return JobResult(steps, first.queued_ms)

    async def run_step(self, step: Callable[[], T]) -> T:
        """Run a step of a long stream in one of the threads for streams; raise `OverTimeBudget` if it takes too long.

        Steps take no place, because they wait for workers rather than for each other.
        """
        return await _run_bounded(self._stream_threads, step, self.stream_time_budget, self.stream_time_budget)

    def _refuse_when_full(self) -> None:
        if not self._places.free and self.waiting >= self._queue_size:
            raise Busy(f"{self.waiting} requests are waiting.", hint="Try again after the seconds in Retry-After.")

    async def _run_in_time(
        self, work: Coroutine[Any, Any, T], wait_for_disconnect: WaitForDisconnect, seconds: float
    ) -> T:
        running = asyncio.create_task(work)
        disconnect = asyncio.create_task(wait_for_disconnect())
        try:
            await asyncio.wait((running, disconnect), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                return running.result()
            if disconnect.done():
                raise ClientDisconnected
            raise make_timeout_error(seconds)
        finally:
            running.cancel()
            disconnect.cancel()

    async def _run_in_place(self, work: Callable[[], T], client: str) -> JobResult[T]:
        since = time.perf_counter()
        await self._places.take(client)
        queued_ms = (time.perf_counter() - since) * 1000
        running = None
        try:
            running = self._run_in_thread(work)
        finally:
            if running is None:
                self._places.give_back()
        # The place stays taken until the thread is free, even after the client has left; nothing awaits its error then.
        running.add_done_callback(self._release)
        await asyncio.wait((running,))
        return JobResult(running.result(), queued_ms)

    def _run_in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run a call in a thread; each holder of a place gets one."""
        ticket = object()
        self._handed_over[ticket] = self._clock()

        def start_work() -> T:
            del self._handed_over[ticket]
            return work()

        return asyncio.get_running_loop().run_in_executor(self._threads, start_work)

    def _release(self, running: asyncio.Future[T]) -> None:
        self._places.give_back()
        retrieve_exception(running)

    async def close(self) -> None:
        """Wait for running work to finish."""
        for pool in self._pools:
            await asyncio.to_thread(pool.shutdown)
