"""Limit the rate of each client's requests for speech."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from app.errors import RateLimited
from app.memory import Lru

_MAX_CLIENTS = 10_000
"""Maximum clients that are remembered; a forgotten client starts with a full bucket."""

_MAX_RETRY_AFTER = 120
"""Maximum Retry-After in seconds; clients give up when it is longer."""

_WHOLE_TOKEN = 1 - 1e-9
"""Smallest count of tokens taken for a whole one: sums of fractions are inexact."""


class RateLimit:
    """Token bucket for each client: each request takes one token, and tokens return at a constant rate.

    A client is the name of a key. Without keys it is an address: that of the connection, or the one in X-Forwarded-For
    if the proxy is in uvicorn's FORWARDED_ALLOW_IPS, since anyone can write that header.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self.most = max(1.0, per_minute / 6)
        """Tokens in a full bucket, which bounds a burst: ten seconds' worth."""
        self._clock = clock
        self._buckets: Lru[str, tuple[float, float]] = Lru(_MAX_CLIENTS, lambda client, bucket: 1)
        """Tokens of each client, and when they were counted."""

    def check(self, request: Request) -> None:
        """Raise RateLimited if the client sends requests too often."""
        if self.per_minute and (seconds := self.take(client_of(request))):
            raise RateLimited(
                f"This client may ask {self.per_minute:g} times a minute.",
                hint="Try again after the seconds in Retry-After.",
                retry_after=min(math.ceil(seconds), _MAX_RETRY_AFTER),
            )

    def take(self, client: str) -> float:
        """Take a token and return 0, or return the seconds until the next token if there is none."""
        now, per_second = self._clock(), self.per_minute / 60
        tokens, since = self._buckets.get(client) or (self.most, now)
        tokens = min(self.most, tokens + (now - since) * per_second)
        enough = tokens >= _WHOLE_TOKEN
        self._buckets.put(client, (tokens - enough, now))
        return 0.0 if enough else (1 - tokens) / per_second


def client_of(request: Request) -> str:
    """Return the client that a request counts for: the name of its key, else the network of its address."""
    key: str | None = getattr(request.state, "key", None)
    return key or network_of(request.client.host if request.client else "")


def network_of(host: str) -> str:
    """Return the address of a client; for IPv6 its first 64 bits, since one client usually has that whole network."""
    try:
        address = ip_address(host)
    except ValueError:
        # A proxy may write anything here; all invalid addresses count as one client.
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))
