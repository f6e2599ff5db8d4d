"""The fair semaphore: no place is lost if a waiting request is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from app.api.jobs import FairSemaphore

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("client", ["leaving", "staying"])
async def test_a_place_released_while_a_request_is_cancelled_goes_to_the_next(client: str) -> None:
    places = FairSemaphore(1)
    await places.take("first")
    leaving = asyncio.create_task(places.take("leaving"))
    staying = asyncio.create_task(places.take(client))
    await asyncio.sleep(0)
    leaving.cancel()
    places.give_back()  # before the cancelled task has run
    async with asyncio.timeout(5):
        await staying
    assert leaving.cancelled() and (places.free, places.waiting) == (0, 0)
    places.give_back()
    assert places.free == 1


async def test_a_place_released_while_the_only_request_is_cancelled_is_free() -> None:
    places = FairSemaphore(1)
    await places.take("first")
    leaving = asyncio.create_task(places.take("leaving"))
    await asyncio.sleep(0)
    leaving.cancel()
    places.give_back()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (places.free, places.waiting) == (1, 0)
