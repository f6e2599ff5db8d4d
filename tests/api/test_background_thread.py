"""Work that the event loop hands over outside the queues shares one thread, so the number of threads stays constant."""

from __future__ import annotations

import asyncio
import threading

from app.api.state import Service
from app.settings import load_settings
from tests.serving import service_without_models


def test_background_work_shares_one_thread() -> None:
    settings, barrier = load_settings(backend="torch"), threading.Barrier(2)

    def meet_another_thread() -> bool:
        try:
            barrier.wait(0.2)
        except threading.BrokenBarrierError:
            return False
        return True

    async def hand_over_twice() -> list[bool]:
        service = Service(settings, on_failure=lambda _: None)
        await service.load()
        met = await asyncio.gather(*(asyncio.to_thread(meet_another_thread) for _ in range(2)))
        await service.close()
        return met

    assert asyncio.run(hand_over_twice()) == [False, False]


def test_a_thread_that_the_system_refuses_is_an_overload() -> None:
    with service_without_models() as client:
        threading.stack_size(2**46)  # no system has room for it
        try:
            refused = client.get("/metrics")
        finally:
            threading.stack_size(0)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert client.get("/metrics").status_code == 200
