"""Limit how many sockets each client opens, and how many characters it sends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from app.api.clients import OpenStreams, RateLimit
from app.errors import Busy, RateLimited, TooManyStreams

BURST_SECONDS = 30
"""Seconds whose characters a client may send at once."""


class LiveLimits:
    """Open sockets and characters of each client; used from one event loop.

    A client is a key, or an address without keys, as for the rate limit of requests.
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
        self._characters = RateLimit(characters_per_minute, clock, BURST_SECONDS)

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
        limit = self._characters
        if limit.per_minute and (seconds := limit.take(client, characters)):
            raise RateLimited(
                f"This client may send {limit.per_minute:g} characters a minute.",
                hint="Send further text later.",
                retry_after=math.ceil(seconds),
            )
