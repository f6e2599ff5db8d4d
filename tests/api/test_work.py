"""Work for requests: its order, its limits, and giving it up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.api.jobs import ClientDisconnected, IsCancelled, JobQueue
from app.errors import Busy, OverTimeBudget
from tests.serving import ROOT

pytestmark = pytest.mark.anyio


def queue(workers: int = 1, queue_size: int = 8, time_budget: float = 30) -> JobQueue:
    return JobQueue("test", workers=workers, queue_size=queue_size, time_budget=time_budget)


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

    def __call__(self, cancelled: IsCancelled) -> str:
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
    def fails(cancelled: IsCancelled) -> None:
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

    def deaf(cancelled: IsCancelled) -> None:
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
    with pytest.raises(ClientDisconnected):
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
    with pytest.raises(ClientDisconnected):
        await leaver
    await happens(running.was_cancelled)
    assert (await work.run(lambda _: "next", stays)).result == "next"


async def test_clients_that_wait_get_places_in_turn() -> None:
    work, running, order = queue(), Blocking(), []

    def named(name: str) -> Callable[[IsCancelled], None]:
        return lambda cancelled: order.append(name)

    first = asyncio.create_task(work.run(running, stays, "crowd"))
    await happens(running.entered)
    others = [asyncio.create_task(work.run(named(f"crowd {number}"), stays, "crowd")) for number in range(4)]
    await asyncio.sleep(0)
    others += [asyncio.create_task(work.run(named("page"), stays, "page"))]
    await asyncio.sleep(0.01)
    assert work.waiting == 5
    running.release.set()
    await asyncio.gather(first, *others)
    assert order == ["crowd 0", "page", "crowd 1", "crowd 2", "crowd 3"]


async def test_a_client_that_leaves_while_waiting_is_passed_over() -> None:
    work, running, gone = queue(), Blocking(), asyncio.Event()
    first = asyncio.create_task(work.run(running, stays))
    await happens(running.entered)
    leaver = asyncio.create_task(work.run(lambda _: "left", leaves_with(gone), "leaver"))
    waiting = asyncio.create_task(work.run(lambda _: "spoken", stays, "other"))
    await asyncio.sleep(0.01)
    gone.set()
    with pytest.raises(ClientDisconnected):
        await leaver
    running.release.set()
    assert [(await first).result, (await waiting).result] == ["done", "spoken"]


class Refused(JobQueue):
    """The system refuses a thread as often as it is told to."""

    refusals = 1

    def _in_thread(self, work: Callable[[], object]) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("can't start new thread")
        return super()._in_thread(work)


async def test_a_place_whose_thread_does_not_start_is_free_again() -> None:
    work = Refused("test", workers=1, queue_size=0, time_budget=30)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            work.refusals = 1
            await work.run(lambda _: "never", stays)
    assert (await work.run(lambda _: "spoken", stays)).result == "spoken"


ADDRESS_SPACE = """
import asyncio, resource, sys
from app.api.jobs import JobQueue

async def main(started):
    work = JobQueue("test", workers=4, queue_size=0, time_budget=30, stream_threads=4)
    if started:
        work.start_threads()
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 1_000_000, resource.RLIM_INFINITY))

    async def stays():
        await asyncio.Event().wait()

    for _ in range(6):
        try:
            print((await work.run(lambda _: "spoken", stays)).result, work.stalled_for(1e9) > 0)
        except RuntimeError:
            print("refused", work.stalled_for(1e9) > 0)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print((await work.run(lambda _: "spoken", stays)).result, work.stalled_for(1e9) > 0)

asyncio.run(main(sys.argv[1] == "started"))
"""


def where_no_thread_can_start(started: str) -> list[str]:
    """What a queue does in a process that may have no more memory for stacks, and when it may again."""
    command = [sys.executable, "-c", ADDRESS_SPACE, started]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_threads_that_were_started_work_where_no_new_one_can_start() -> None:
    assert where_no_thread_can_start("started") == ["spoken False"] * 7


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_without_its_threads_a_queue_is_stalled_and_loses_no_place() -> None:
    assert where_no_thread_can_start("not started") == ["refused True"] * 6 + ["spoken False"]


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
