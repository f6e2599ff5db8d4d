"""Limit how many sockets each client opens, and how many characters it sends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from app.api.responses.streaming import OpenStreams
from app.errors import Busy, RateLimited, TooManyStreams
from app.memory import Lru

MAX_CLIENTS = 10_000
"""Maximum clients that are remembered; a forgotten client starts with a full budget."""
BURST_SECONDS = 30
"""Seconds whose characters a client may send at once."""


class LiveLimits:
    """Open sockets and characters of each client; used from one event loop.

    A client is a key, or an address without keys, as for the rate limit of requests. A text may use up more than the
    budget has; then the client has to wait until it is positive again, so that one long text is never refused for ever.
    """

    def __init__(
        self,
        sockets: int,
        sockets_per_client: int,
        characters_per_minute: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the limits; no number of characters is too high if `characters_per_minute` is 0."""
        self._open = OpenStreams(sockets, sockets_per_client)
        self._per_second = characters_per_minute / 60
        self._clock = clock
        self._budgets: Lru[str, tuple[float, float]] = Lru(MAX_CLIENTS, lambda client, budget: 1)
        """Characters that each client may send, and when they were counted."""

    @property
    def count(self) -> int:
        """Number of sockets that are open now."""
        return self._open.count

    @property
    def most(self) -> int:
        """Maximum open sockets."""
        return self._open.most

    def enter(self, client: str) -> None:
        """Count one more socket of a client, or raise `TooManyStreams` or `Busy`."""
        try:
            self._open.enter(client)
        except TooManyStreams:
            raise TooManyStreams(f"This client has {self._open.most_per_client} open sockets.") from None
        except Busy:
            raise Busy(f"{self._open.most} sockets are open.", hint="Try again later.") from None

    def leave(self, client: str) -> None:
        """Count one socket of a client less."""
        self._open.leave(client)

    def count_characters(self, client: str, characters: int) -> None:
        """Count characters that a client sends, or raise `RateLimited` if it has sent too many lately."""
        if not self._per_second:
            return
        now, most = self._clock(), self._per_second * BURST_SECONDS
        left, since = self._budgets.get(client) or (most, now)
        left = min(most, left + (now - since) * self._per_second)
        if left <= 0:
            self._budgets.put(client, (left, now))
            raise RateLimited(
                f"This client may send {60 * self._per_second:g} characters a minute.",
                hint="Send further text later.",
                retry_after=math.ceil((1 - left) / self._per_second),
            )
        self._budgets.put(client, (left - characters, now))
