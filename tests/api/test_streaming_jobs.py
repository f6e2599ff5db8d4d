"""Streamed work: limited in number and time, paced by its reader, and cancelled if the reader disconnects."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from app.api.jobs import ClientDisconnected, IsCancelled, JobQueue
from app.errors import Busy, OverTimeBudget

pytestmark = pytest.mark.anyio


def make_queue(workers: int = 1, queue_size: int = 8, time_budget: float = 30) -> JobQueue:
    return JobQueue("test", workers=workers, queue_size=queue_size, time_budget=time_budget)


async def wait_forever() -> None:
    """Wait like a client that never disconnects."""
    await asyncio.Event().wait()


class CountingWork:
    """Work that yields 0, 1, 2 … and records its progress and its end."""

    def __init__(self, count: int = 5, wait: float = 0.0) -> None:
        self.count = count
        self.wait = wait
        self.yield_count = 0
        self.closed = threading.Event()

    def __call__(self, cancelled: IsCancelled) -> Iterator[int]:
        try:
            for number in range(self.count):
                if cancelled():
                    return
                time.sleep(self.wait)
                self.yield_count += 1
                yield number
        finally:
            self.closed.set()


async def test_pieces_are_produced_in_order_and_only_on_request() -> None:
    work, counting = make_queue(), CountingWork()
    done = await work.start(counting, wait_forever)
    await asyncio.sleep(0.05)
    assert counting.yield_count == 1
    assert [piece async for piece in done.result] == [0, 1, 2, 3, 4]
    done.result.close()


async def test_a_place_is_held_only_until_the_first_piece() -> None:
    work, entered, release = make_queue(queue_size=0), threading.Event(), threading.Event()

    def block(cancelled: IsCancelled) -> Iterator[int]:
        entered.set()
        release.wait(60)
        yield 0

    first = asyncio.create_task(work.start(block, wait_forever))
    assert await asyncio.to_thread(entered.wait, 10)
    with pytest.raises(Busy):
        await work.start(CountingWork(), wait_forever)
    release.set()
    steps = (await first).result
    second = (await work.start(CountingWork(), wait_forever)).result
    assert [piece async for piece in second] == [0, 1, 2, 3, 4]
    assert [piece async for piece in steps] == [0]
    second.close()
    steps.close()


async def test_idle_readers_hold_neither_places_nor_threads() -> None:
    work, idle = make_queue(queue_size=0), [CountingWork() for _ in range(50)]
    waiting = [(await work.start(one, wait_forever)).result for one in idle]
    assert (await work.run(lambda _: "spoken", wait_forever)).result == "spoken"
    steps = (await work.start(CountingWork(), wait_forever)).result
    assert [piece async for piece in steps] == [0, 1, 2, 3, 4]
    assert [one.yield_count for one in idle] == [1] * 50
    for one in (*waiting, steps):
        one.close()
    for counting in idle:
        assert await asyncio.to_thread(counting.closed.wait, 10)


async def test_a_piece_that_exceeds_the_remaining_time_budget_is_the_last() -> None:
    now = [0.0]

    def produce_slowly(cancelled: IsCancelled) -> Iterator[int]:
        for number in range(10):
            now[0] += 40
            yield number

    work = JobQueue("test", workers=1, queue_size=8, time_budget=1, stream_time_budget=100, clock=lambda: now[0])
    steps = (await work.start(produce_slowly, wait_forever)).result
    now[0] += 1_000  # the time of the reader does not count
    pieces = []
    with pytest.raises(OverTimeBudget, match="after 100 seconds"):
        async for piece in steps:
            pieces.append(piece)
            now[0] += 1_000
    assert pieces == [0, 1, 2]
    steps.close()


async def test_closing_during_a_piece_ends_the_work_after_it() -> None:
    work, slow = make_queue(), CountingWork(wait=0.2)
    steps = (await work.start(slow, wait_forever)).result
    assert await anext(steps) == 0
    reading = asyncio.create_task(anext(steps))
    await asyncio.sleep(0.05)
    reading.cancel()
    steps.close()
    assert await asyncio.to_thread(slow.closed.wait, 10)
    assert slow.yield_count == 2


async def test_a_client_that_disconnects_before_the_first_piece_frees_its_place() -> None:
    work, slow = make_queue(), CountingWork(wait=0.3)

    async def disconnect() -> None:
        await asyncio.sleep(0.05)

    with pytest.raises(ClientDisconnected):
        await work.start(slow, disconnect)
    assert await asyncio.to_thread(slow.closed.wait, 10)
    steps = (await work.start(CountingWork(), wait_forever)).result
    assert await anext(steps) == 0
    steps.close()


async def test_the_time_budget_counts_the_work_and_not_the_reader() -> None:
    work = make_queue(time_budget=0.5)
    steps = (await work.start(CountingWork(count=3), wait_forever)).result
    await asyncio.sleep(0.7)
    assert [piece async for piece in steps] == [0, 1, 2]
    steps.close()
    late = (await work.start(CountingWork(wait=0.3), wait_forever)).result
    with pytest.raises(OverTimeBudget):
        async for _ in late:
            pass
    late.close()


async def test_an_error_in_the_first_piece_is_raised_at_the_start_and_frees_the_place() -> None:
    work = make_queue()

    def fail(_: IsCancelled) -> Iterator[int]:
        raise ValueError("broken")
        yield 0

    with pytest.raises(ValueError, match="broken"):
        await work.start(fail, wait_forever)
    steps = (await work.start(CountingWork(), wait_forever)).result
    assert [piece async for piece in steps] == [0, 1, 2, 3, 4]
    steps.close()
