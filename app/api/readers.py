"""Readers of streams: how many there may be, and how slowly one may read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from time import monotonic

from app.errors import Busy, ReaderTooSlow, TooManyStreams


class OpenStreams:
    """Counts the open streams, in all and of each client; used from one event loop."""

    def __init__(self, most: int, most_per_client: int) -> None:
        self.most = most
        self.most_per_client = most_per_client
        self._of: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """Streams that are open now."""
        return self._of.total()

    def enter(self, client: str) -> None:
        """Count one more stream of a client, or refuse it."""
        if self._of[client] >= self.most_per_client:
            raise TooManyStreams(f"This client has {self.most_per_client} open streams.")
        if self.count >= self.most:
            raise Busy(f"{self.most} streams are open.", hint="Try again after the seconds in Retry-After.")
        self._of[client] += 1

    def leave(self, client: str) -> None:
        """Count one stream of a client less."""
        self._of[client] -= 1
        # Clients without streams are forgotten, or the table would grow with every address.
        self._of += Counter()


class Patience:
    """How long a stream waits for its reader.

    Players read ahead in bursts and then take nothing for minutes, until they have played most of what they hold, or as
    long as they are paused. So no single interval counts: waiting uses patience up, and every byte that is taken
    restores as much as it may last at the least rate. Who reads faster than that is never cut for being slow; who reads
    more slowly, or not at all, is cut when the patience is used up.
    """

    def __init__(self, seconds: float, least_rate: float, clock: Callable[[], float] = monotonic) -> None:
        self.left = seconds
        self._most = seconds
        self._least_rate = least_rate
        self._clock = clock

    async def waiting_for(self, taking: Awaitable[None], size: int) -> None:
        """Wait until a reader has taken so many bytes, or raise ReaderTooSlow."""
        began, earned = self._clock(), size / self._least_rate
        try:
            async with asyncio.timeout(self.left + earned):
                await taking
        except TimeoutError:
            raise ReaderTooSlow(f"The reader took less than {self._least_rate:g} bytes a second.") from None
        self.left = min(self._most, self.left + earned - (self._clock() - began))
