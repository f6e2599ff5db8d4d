"""Work for requests: its order, its limits, and giving it up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

import pytest

from app.api.steps import Cancelled
from app.api.work import ClientGone, WorkQueue
from app.errors import Busy, OverTimeBudget

pytestmark = pytest.mark.anyio


def queue(workers: int = 1, queue_size: int = 8, time_budget: float = 30) -> WorkQueue:
    return WorkQueue("test", workers=workers, queue_size=queue_size, time_budget=time_budget)


async def stays() -> None:
    """A client that waits."""
    await asyncio.Event().wait()


def leaves_with(event: asyncio.Event) -> Callable[[], Coroutine[None, None, None]]:
    """A client that goes away when the event is set."""

    async def gone() -> None:
        await event.wait()

    return gone


class Blocking:
    """Work that ends when it is told to, and notices when nobody waits for it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.release = threading.Event()
        self.was_cancelled = threading.Event()

    def __call__(self, cancelled: Cancelled) -> str:
        self.entered.set()
        while not self.release.wait(0.005):
            if cancelled():
                self.was_cancelled.set()
                raise RuntimeError("nobody waits")
        return "done"


async def happens(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)


async def test_the_result_comes_with_the_time_spent_waiting() -> None:
    done = await queue().run(lambda cancelled: cancelled(), stays)
    assert done.result is False
    assert 0 <= done.queued_ms < 1000


async def test_an_error_of_the_work_is_the_callers() -> None:
    def fails(cancelled: Cancelled) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await queue().run(fails, stays)


async def test_only_as_many_run_at_once_as_there_are_workers() -> None:
    work, first, second, third = queue(workers=2), Blocking(), Blocking(), Blocking()
    running = [asyncio.create_task(work.run(one, stays)) for one in (first, second, third)]
    await happens(first.entered)
    await happens(second.entered)
    assert work.waiting == 1 and not third.entered.is_set()
    first.release.set()
    await happens(third.entered)
    second.release.set()
    third.release.set()
    assert [done.result for done in await asyncio.gather(*running)] == ["done"] * 3


async def test_one_more_than_may_wait_is_refused_at_once() -> None:
    work, running = queue(queue_size=1), Blocking()
    tasks = [asyncio.create_task(work.run(running, stays)), asyncio.create_task(work.run(running, stays))]
    await happens(running.entered)
    with pytest.raises(Busy):
        await work.run(running, stays)
    running.release.set()
    await asyncio.gather(*tasks)


async def test_without_a_queue_a_free_worker_still_works() -> None:
    work = queue(queue_size=0)
    for _ in range(3):
        assert (await work.run(lambda _: "spoken", stays)).result == "spoken"


async def test_over_the_time_budget_the_work_is_told_and_its_place_becomes_free() -> None:
    work, slow = queue(time_budget=0.05), Blocking()
    with pytest.raises(OverTimeBudget):
        await work.run(slow, stays)
    await happens(slow.was_cancelled)
    assert (await queue().run(lambda _: "next", stays)).result == "next"


async def test_time_in_the_queue_counts_towards_the_budget() -> None:
    work, entered, release, waiting = queue(time_budget=0.2), threading.Event(), threading.Event(), Blocking()

    def deaf(cancelled: Cancelled) -> None:
        """Keeps its place until it is told to leave, whether anybody waits or not."""
        entered.set()
        release.wait(60)

    first = asyncio.create_task(work.run(deaf, stays))
    await happens(entered)
    with pytest.raises(OverTimeBudget):
        await work.run(waiting, stays)
    with pytest.raises(OverTimeBudget):
        await first
    assert not waiting.entered.is_set()
    release.set()


async def test_a_client_that_leaves_while_waiting_frees_its_place_and_is_never_worked_for() -> None:
    work, running, waiting, gone = queue(queue_size=1), Blocking(), Blocking(), asyncio.Event()
    first = asyncio.create_task(work.run(running, stays))
    await happens(running.entered)
    leaver = asyncio.create_task(work.run(waiting, leaves_with(gone)))
    await asyncio.sleep(0.01)
    gone.set()
    with pytest.raises(ClientGone):
        await leaver
    await asyncio.sleep(0)
    assert work.waiting == 0
    running.release.set()
    assert (await first).result == "done"
    assert not waiting.entered.is_set()


async def test_a_client_that_leaves_while_being_spoken_to_stops_the_work() -> None:
    work, running, gone = queue(), Blocking(), asyncio.Event()
    leaver = asyncio.create_task(work.run(running, leaves_with(gone)))
    await happens(running.entered)
    gone.set()
    with pytest.raises(ClientGone):
        await leaver
    await happens(running.was_cancelled)
    assert (await work.run(lambda _: "next", stays)).result == "next"


async def test_closing_waits_for_what_still_runs() -> None:
    work, running = queue(), Blocking()
    task = asyncio.create_task(work.run(running, stays))
    await happens(running.entered)
    closing = asyncio.create_task(work.close())
    await asyncio.sleep(0.02)
    assert not closing.done()
    running.release.set()
    await closing
    assert (await task).result == "done"
