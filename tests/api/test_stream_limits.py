"""Limits on open streams, and on the time that each waits for its reader."""

from __future__ import annotations

import asyncio

import pytest

from app.api.clients import OpenStreams, ReaderPatience
from app.errors import Busy, ReaderTooSlow, TooManyStreams

pytestmark = pytest.mark.anyio


def test_open_streams_are_limited_per_client_and_in_total() -> None:
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
    assert streams.count == 0 and not streams._by_client


class Reader:
    """A reader that takes bytes after a delay on a simulated clock."""

    def __init__(self, seconds: float, least_rate: float) -> None:
        self.now = 0.0
        self.patience = ReaderPatience(seconds, least_rate, lambda: self.now)

    async def take(self, size: int, after: float) -> float:
        """Take some bytes after a delay, and return the patience that is left."""

        async def advance() -> None:
            self.now += after

        await self.patience.waiting_for(advance(), size)
        return self.patience.left


async def test_waiting_uses_patience_up_and_reading_restores_it() -> None:
    reader = Reader(seconds=600, least_rate=500)
    assert await reader.take(32_000, after=0.0) == 600
    assert await reader.take(0, after=400.0) == 200
    assert await reader.take(32_000, after=0.1) == pytest.approx(263.9)
    assert await reader.take(1_000_000, after=5.0) == 600


async def test_a_player_that_reads_in_bursts_between_long_pauses_is_never_disconnected() -> None:
    reader = Reader(seconds=600, least_rate=500)
    for _ in range(100):  # four minutes of 8 kB a second
        await reader.take(0, after=240.0)
        assert await reader.take(8_000 * 240, after=2.0) == 600


async def test_a_reader_at_the_minimum_rate_stays_connected_and_a_slower_one_does_not() -> None:
    reader = Reader(seconds=600, least_rate=500)
    for _ in range(1000):
        assert await reader.take(32_000, after=64.0) == pytest.approx(600)
    left = [await reader.take(32_000, after=128.0) for _ in range(9)]
    assert left[-1] == pytest.approx(600 - 9 * 64)
    assert await reader.take(32_000, after=128.0) < 0  # from here on it has only the time that it earns by reading


async def test_a_reader_that_takes_nothing_is_disconnected_after_its_patience() -> None:
    patience = ReaderPatience(0.01, 500)
    with pytest.raises(ReaderTooSlow):
        await patience.waiting_for(asyncio.Event().wait(), 1)  # type: ignore[arg-type]  # the result is unused
