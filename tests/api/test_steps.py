"""Work in pieces: bounded in number and time, held up by its reader, and given up when nobody reads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from app.api.jobs import ClientDisconnected, IsCancelled, JobQueue
from app.errors import Busy, OverTimeBudget

pytestmark = pytest.mark.anyio


def queue(workers: int = 1, queue_size: int = 8, time_budget: float = 30) -> JobQueue:
    return JobQueue("test", workers=workers, queue_size=queue_size, time_budget=time_budget)


async def stays() -> None:
    """A client that never leaves."""
    await asyncio.Event().wait()


class Counting:
    """Pieces 0, 1, 2 …, with what became of them."""

    def __init__(self, count: int = 5, wait: float = 0.0) -> None:
        self.count = count
        self.wait = wait
        self.made = 0
        self.closed = threading.Event()

    def __call__(self, cancelled: IsCancelled) -> Iterator[int]:
        try:
            for number in range(self.count):
                if cancelled():
                    return
                time.sleep(self.wait)
                self.made += 1
                yield number
        finally:
            self.closed.set()


async def test_pieces_come_in_order_and_only_when_they_are_asked_for() -> None:
    work, counting = queue(), Counting()
    done = await work.start(counting, stays)
    await asyncio.sleep(0.05)
    assert counting.made == 1
    assert [piece async for piece in done.result] == [0, 1, 2, 3, 4]
    done.result.close()


async def test_a_place_is_taken_until_the_first_piece_and_no_longer() -> None:
    work, entered, release = queue(queue_size=0), threading.Event(), threading.Event()

    def held(cancelled: IsCancelled) -> Iterator[int]:
        entered.set()
        release.wait(60)
        yield 0

    first = asyncio.create_task(work.start(held, stays))
    assert await asyncio.to_thread(entered.wait, 10)
    with pytest.raises(Busy):
        await work.start(Counting(), stays)
    release.set()
    steps = (await first).result
    second = (await work.start(Counting(), stays)).result
    assert [piece async for piece in second] == [0, 1, 2, 3, 4]
    assert [piece async for piece in steps] == [0]
    second.close()
    steps.close()


async def test_readers_that_take_nothing_hold_neither_places_nor_threads() -> None:
    work, idle = queue(queue_size=0), [Counting() for _ in range(50)]
    waiting = [(await work.start(one, stays)).result for one in idle]
    assert (await work.run(lambda _: "spoken", stays)).result == "spoken"
    steps = (await work.start(Counting(), stays)).result
    assert [piece async for piece in steps] == [0, 1, 2, 3, 4]
    assert [one.made for one in idle] == [1] * 50
    for one in (*waiting, steps):
        one.close()
    for counting in idle:
        assert await asyncio.to_thread(counting.closed.wait, 10)


async def test_a_piece_that_takes_longer_than_what_is_left_of_the_budget_is_the_last() -> None:
    now = [0.0]

    def slow(cancelled: IsCancelled) -> Iterator[int]:
        for number in range(10):
            now[0] += 40
            yield number

    work = JobQueue("test", workers=1, queue_size=8, time_budget=1, stream_time_budget=100, clock=lambda: now[0])
    steps = (await work.start(slow, stays)).result
    now[0] += 1_000  # the reader's own time
    seen = []
    with pytest.raises(OverTimeBudget, match="after 100 seconds"):
        async for piece in steps:
            seen.append(piece)
            now[0] += 1_000
    assert seen == [0, 1, 2]
    steps.close()


async def test_who_closes_in_the_middle_of_a_piece_ends_the_work_behind_it() -> None:
    work, slow = queue(), Counting(wait=0.2)
    steps = (await work.start(slow, stays)).result
    assert await anext(steps) == 0
    reading = asyncio.create_task(anext(steps))
    await asyncio.sleep(0.05)
    reading.cancel()
    steps.close()
    assert await asyncio.to_thread(slow.closed.wait, 10)
    assert slow.made == 2


async def test_a_client_that_leaves_before_the_first_piece_frees_its_place() -> None:
    work, slow = queue(), Counting(wait=0.3)

    async def leaves() -> None:
        await asyncio.sleep(0.05)

    with pytest.raises(ClientDisconnected):
        await work.start(slow, leaves)
    assert await asyncio.to_thread(slow.closed.wait, 10)
    steps = (await work.start(Counting(), stays)).result
    assert await anext(steps) == 0
    steps.close()


async def test_the_budget_counts_the_work_and_not_the_reader() -> None:
    work = queue(time_budget=0.5)
    steps = (await work.start(Counting(count=3), stays)).result
    await asyncio.sleep(0.7)
    assert [piece async for piece in steps] == [0, 1, 2]
    steps.close()
    late = (await work.start(Counting(wait=0.3), stays)).result
    with pytest.raises(OverTimeBudget):
        async for _ in late:
            pass
    late.close()


async def test_an_error_of_the_first_piece_is_raised_at_the_start_and_frees_the_place() -> None:
    work = queue()

    def broken(_: IsCancelled) -> Iterator[int]:
        raise ValueError("broken")
        yield 0

    with pytest.raises(ValueError, match="broken"):
        await work.start(broken, stays)
    steps = (await work.start(Counting(), stays)).result
    assert [piece async for piece in steps] == [0, 1, 2, 3, 4]
    steps.close()
