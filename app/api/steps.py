"""Work that comes in pieces, each made when it is wanted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from typing import Generic, TypeVar

from app.errors import OverTimeBudget

T = TypeVar("T")

Cancelled = Callable[[], bool]
"""Called by the work between its steps: whether nobody waits for it any more."""


class Steps(AsyncIterator[T], Generic[T]):
    """The pieces of some work: each is made when it is wanted, so a slow reader holds the work up and no thread.

    The time budget counts what the work takes, not what the reader takes between its pieces.
    """

    def __init__(
        self,
        work: Callable[[Cancelled], Iterator[T]],
        threads: Executor,
        time_budget: float,
        clock: Callable[[], float],
    ) -> None:
        self._work = work
        self._threads = threads
        self._time_budget = time_budget
        self._left = time_budget
        self._clock = clock
        self._given_up = threading.Event()
        self._making = threading.Lock()
        self._pieces: Iterator[T] | None = None
        self._made: list[T] | None = None

    def make(self) -> list[T]:
        """Make the next piece, in any thread; none at the end. In a list, for no future takes a StopIteration."""
        with self._making:
            if self._given_up.is_set():
                return []
            if self._pieces is None:
                self._pieces = self._work(self._given_up.is_set)
            return [piece for piece in [next(self._pieces, None)] if piece is not None]

    def begin(self, first: list[T], seconds: float) -> None:
        """Take the first piece, which took so long."""
        self._made = first
        self._left -= seconds

    async def __anext__(self) -> T:
        made, self._made = self._made, None
        if made is None:
            began = self._clock()
            making = asyncio.get_running_loop().run_in_executor(self._threads, self.make)
            making.add_done_callback(_ignore)
            try:
                # Shielded: who stops waiting must not hide that the thread still runs.
                made = await asyncio.wait_for(asyncio.shield(making), max(0.0, self._left))
            except TimeoutError:
                raise too_late(self._time_budget) from None
            self._left -= self._clock() - began
        if not made:
            raise StopAsyncIteration
        return made[0]

    def close(self) -> None:
        """Give the work up and end it as soon as its thread is free; may be called at any time, once."""
        self._given_up.set()
        asyncio.get_running_loop().run_in_executor(self._threads, self._end).add_done_callback(_ignore)

    def _end(self) -> None:
        with self._making:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()


def _ignore(ended: asyncio.Future[T]) -> None:
    """Take note of an error that nobody may be there to receive."""
    if not ended.cancelled():
        ended.exception()


def too_late(seconds: float) -> OverTimeBudget:
    """Return the error of a request that took longer than so many seconds."""
    return OverTimeBudget(
        f"The request was given up after {seconds:g} seconds.",
        hint="Send shorter texts, or raise INTONE_TIME_BUDGET, or INTONE_STREAM_TIME_BUDGET for streams.",
    )
