"""How many streams may be open, and how long each waits for its reader."""

from __future__ import annotations

import asyncio

import pytest

from app.api.responses.streaming import OpenStreams, ReaderPatience
from app.errors import Busy, ReaderTooSlow, TooManyStreams

pytestmark = pytest.mark.anyio


def test_streams_are_counted_for_each_client_and_in_all() -> None:
    streams = OpenStreams(3, 2)
    for client in ("alice", "alice", "bob"):
        streams.enter(client)
    with pytest.raises(TooManyStreams):
        streams.enter("alice")
    with pytest.raises(Busy):
        streams.enter("carol")
    streams.leave("alice")
    streams.enter("carol")
    assert streams.count == 3
    for client in ("alice", "bob", "carol"):
        streams.leave(client)
    assert streams.count == 0 and not streams._of


class Reader:
    """Takes bytes, each time after so many seconds of a clock that nobody waits for."""

    def __init__(self, seconds: float, least_rate: float) -> None:
        self.now = 0.0
        self.patience = ReaderPatience(seconds, least_rate, lambda: self.now)

    async def take(self, size: int, after: float) -> float:
        """The patience that is left."""

        async def taking() -> None:
            self.now += after

        await self.patience.waiting_for(taking(), size)
        return self.patience.left


async def test_waiting_uses_patience_up_and_reading_restores_it() -> None:
    reader = Reader(seconds=600, least_rate=500)
    assert await reader.take(32_000, after=0.0) == 600
    assert await reader.take(0, after=400.0) == 200
    assert await reader.take(32_000, after=0.1) == pytest.approx(263.9)
    assert await reader.take(1_000_000, after=5.0) == 600


async def test_a_player_that_reads_in_bursts_between_long_pauses_is_never_cut() -> None:
    reader = Reader(seconds=600, least_rate=500)
    for _ in range(100):  # four minutes of 8 kB a second
        await reader.take(0, after=240.0)
        assert await reader.take(8_000 * 240, after=2.0) == 600


async def test_a_reader_at_the_least_rate_is_not_cut_and_a_slower_one_is() -> None:
    reader = Reader(seconds=600, least_rate=500)
    for _ in range(1000):
        assert await reader.take(32_000, after=64.0) == pytest.approx(600)
    left = [await reader.take(32_000, after=128.0) for _ in range(9)]
    assert left[-1] == pytest.approx(600 - 9 * 64)
    assert await reader.take(32_000, after=128.0) < 0  # no more than what it earned is waited for from here on


async def test_who_takes_nothing_is_cut_when_the_patience_is_over() -> None:
    patience = ReaderPatience(0.01, 500)
    with pytest.raises(ReaderTooSlow):
        await patience.waiting_for(asyncio.Event().wait(), 1)  # type: ignore[arg-type]  # what it returns is unused
