"""Work for requests: its order, its limits, and its cancellation."""

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


def make_queue(workers: int = 1, queue_size: int = 8, time_budget: float = 30) -> JobQueue:
    return JobQueue("test", workers=workers, queue_size=queue_size, time_budget=time_budget)


async def wait_forever() -> None:
    """Wait like a client that stays connected."""
    await asyncio.Event().wait()


def disconnect_on(event: asyncio.Event) -> Callable[[], Coroutine[None, None, None]]:
    """Return a client that disconnects when the event is set."""

    async def wait_for_event() -> None:
        await event.wait()

    return wait_for_event


class BlockingWork:
    """Work that ends when a test releases it, and records whether it was cancelled."""

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


async def wait_for(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)


async def test_the_result_comes_with_the_time_spent_waiting() -> None:
    done = await make_queue().run(lambda cancelled: cancelled(), wait_forever)
    assert done.result is False
    assert 0 <= done.queued_ms < 1000


async def test_an_error_in_the_work_is_raised_to_the_caller() -> None:
    def fail(cancelled: IsCancelled) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await make_queue().run(fail, wait_forever)


async def test_no_more_work_runs_at_once_than_there_are_workers() -> None:
    work, first, second, third = make_queue(workers=2), BlockingWork(), BlockingWork(), BlockingWork()
    running = [asyncio.create_task(work.run(one, wait_forever)) for one in (first, second, third)]
    await wait_for(first.entered)
    await wait_for(second.entered)
    assert work.waiting == 1 and not third.entered.is_set()
    first.release.set()
    await wait_for(third.entered)
    second.release.set()
    third.release.set()
    assert [done.result for done in await asyncio.gather(*running)] == ["done"] * 3


async def test_work_over_the_queue_size_is_refused_at_once() -> None:
    work, running = make_queue(queue_size=1), BlockingWork()
    tasks = [asyncio.create_task(work.run(running, wait_forever)), asyncio.create_task(work.run(running, wait_forever))]
    await wait_for(running.entered)
    with pytest.raises(Busy):
        await work.run(running, wait_forever)
    running.release.set()
    await asyncio.gather(*tasks)


async def test_a_free_worker_accepts_work_even_if_nothing_may_wait() -> None:
    work = make_queue(queue_size=0)
    for _ in range(3):
        assert (await work.run(lambda _: "spoken", wait_forever)).result == "spoken"


async def test_work_over_the_time_budget_is_cancelled_and_frees_its_place() -> None:
    work, slow = make_queue(time_budget=0.05), BlockingWork()
    with pytest.raises(OverTimeBudget):
        await work.run(slow, wait_forever)
    await wait_for(slow.was_cancelled)
    assert (await make_queue().run(lambda _: "next", wait_forever)).result == "next"


async def test_time_in_the_queue_counts_towards_the_budget() -> None:
    work, entered, release, waiting = make_queue(time_budget=0.2), threading.Event(), threading.Event(), BlockingWork()

    def ignore_cancellation(cancelled: IsCancelled) -> None:
        """Keep the place until the test releases it, even if the work is cancelled."""
        entered.set()
        release.wait(60)

    first = asyncio.create_task(work.run(ignore_cancellation, wait_forever))
    await wait_for(entered)
    with pytest.raises(OverTimeBudget):
        await work.run(waiting, wait_forever)
    with pytest.raises(OverTimeBudget):
        await first
    assert not waiting.entered.is_set()
    release.set()


async def test_a_client_that_disconnects_while_waiting_frees_its_place_and_its_work_never_starts() -> None:
    work, running, waiting, disconnected = make_queue(queue_size=1), BlockingWork(), BlockingWork(), asyncio.Event()
    first = asyncio.create_task(work.run(running, wait_forever))
    await wait_for(running.entered)
    leaver = asyncio.create_task(work.run(waiting, disconnect_on(disconnected)))
    await asyncio.sleep(0.01)
    disconnected.set()
    with pytest.raises(ClientDisconnected):
        await leaver
    await asyncio.sleep(0)
    assert work.waiting == 0
    running.release.set()
    assert (await first).result == "done"
    assert not waiting.entered.is_set()


async def test_a_client_that_disconnects_during_its_work_cancels_it() -> None:
    work, running, disconnected = make_queue(), BlockingWork(), asyncio.Event()
    leaver = asyncio.create_task(work.run(running, disconnect_on(disconnected)))
    await wait_for(running.entered)
    disconnected.set()
    with pytest.raises(ClientDisconnected):
        await leaver
    await wait_for(running.was_cancelled)
    assert (await work.run(lambda _: "next", wait_forever)).result == "next"


async def test_waiting_clients_get_places_in_turn() -> None:
    work, running, order = make_queue(), BlockingWork(), []

    def record_name(name: str) -> Callable[[IsCancelled], None]:
        return lambda cancelled: order.append(name)

    first = asyncio.create_task(work.run(running, wait_forever, "batch"))
    await wait_for(running.entered)
    others = [
        asyncio.create_task(work.run(record_name(f"batch {number}"), wait_forever, "batch")) for number in range(4)
    ]
    await asyncio.sleep(0)
    others += [asyncio.create_task(work.run(record_name("page"), wait_forever, "page"))]
    await asyncio.sleep(0.01)
    assert work.waiting == 5
    running.release.set()
    await asyncio.gather(first, *others)
    assert order == ["batch 0", "page", "batch 1", "batch 2", "batch 3"]


async def test_a_client_that_disconnects_while_waiting_is_skipped() -> None:
    work, running, disconnected = make_queue(), BlockingWork(), asyncio.Event()
    first = asyncio.create_task(work.run(running, wait_forever))
    await wait_for(running.entered)
    leaver = asyncio.create_task(work.run(lambda _: "left", disconnect_on(disconnected), "leaver"))
    waiting = asyncio.create_task(work.run(lambda _: "spoken", wait_forever, "other"))
    await asyncio.sleep(0.01)
    disconnected.set()
    with pytest.raises(ClientDisconnected):
        await leaver
    running.release.set()
    assert [(await first).result, (await waiting).result] == ["done", "spoken"]


class QueueWithoutThreads(JobQueue):
    """A queue to which the system refuses a given number of threads."""

    refusals = 1

    def _run_in_thread(self, work: Callable[[], object]) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("can't start new thread")
        return super()._run_in_thread(work)


async def test_a_place_is_freed_if_its_thread_does_not_start() -> None:
    work = QueueWithoutThreads("test", workers=1, queue_size=0, time_budget=30)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            work.refusals = 1
            await work.run(lambda _: "never", wait_forever)
    assert (await work.run(lambda _: "spoken", wait_forever)).result == "spoken"


SCRIPT = """
import asyncio, resource, sys
from app.api.jobs import JobQueue

async def main(started):
    work = JobQueue("test", workers=4, queue_size=0, time_budget=30, stream_threads=4)
    if started:
        work.start_threads()
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 1_000_000, resource.RLIM_INFINITY))

    async def wait_forever():
        await asyncio.Event().wait()

    for _ in range(6):
        try:
            print((await work.run(lambda _: "spoken", wait_forever)).result, work.measure_stall(1e9) > 0)
        except RuntimeError:
            print("refused", work.measure_stall(1e9) > 0)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print((await work.run(lambda _: "spoken", wait_forever)).result, work.measure_stall(1e9) > 0)

asyncio.run(main(sys.argv[1] == "started"))
"""


def run_without_new_threads(started: str) -> list[str]:
    """Return what a queue does in a process without memory for new stacks, and after it has memory again."""
    command = [sys.executable, "-c", SCRIPT, started]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_started_threads_still_work_if_no_new_one_can_start() -> None:
    assert run_without_new_threads("started") == ["spoken False"] * 7


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_a_queue_without_its_threads_is_stalled_and_loses_no_place() -> None:
    assert run_without_new_threads("not started") == ["refused True"] * 6 + ["spoken False"]


async def test_closing_waits_for_running_work() -> None:
    work, running = make_queue(), BlockingWork()
    task = asyncio.create_task(work.run(running, wait_forever))
    await wait_for(running.entered)
    closing = asyncio.create_task(work.close())
    await asyncio.sleep(0.02)
    assert not closing.done()
    running.release.set()
    await closing
    assert (await task).result == "done"
