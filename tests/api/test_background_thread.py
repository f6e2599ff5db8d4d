"""Work that the event loop hands over outside the queues shares one thread, so the number of threads stays constant."""

from __future__ import annotations

import asyncio
import threading

from app.api.state import Service
from app.settings import load_settings


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
