"""Identify clients by API keys or addresses; limit their rates, their open streams and how slowly they read."""

from __future__ import annotations

import asyncio
import hmac
import math
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from pydantic import SecretStr
from starlette.requests import HTTPConnection, Request

from app.errors import Busy, RateLimited, ReaderTooSlow, TooManyStreams, Unauthorized
from app.memory import Lru

_MAX_CLIENTS = 10_000
"""Maximum clients that are remembered; a forgotten client starts with a full bucket."""

BURST_SECONDS = 10.0
"""Seconds whose requests a client may send at once."""

_MAX_RETRY_AFTER = 120
"""Maximum Retry-After in seconds; clients give up when it is longer."""

_WHOLE_TOKEN = 1 - 1e-9
"""Smallest count of tokens taken for a whole one: sums of fractions are inexact."""


class RateLimit:
    """Token bucket for each client: each request takes tokens, usually one, and tokens return at a constant rate.

    A client is the name of a key. Without keys it is an address: that of the connection, or the one in X-Forwarded-For
    if the proxy is in uvicorn's FORWARDED_ALLOW_IPS, since anyone can write that header.
    """

    def __init__(
        self, per_minute: float, clock: Callable[[], float] = time.monotonic, burst_seconds: float = BURST_SECONDS
    ) -> None:
        self.per_minute = per_minute
        self.most = max(1.0, per_minute * burst_seconds / 60)
        """Tokens in a full bucket, which bounds a burst."""
        self._clock = clock
        self._buckets: Lru[str, tuple[float, float]] = Lru(_MAX_CLIENTS, lambda client, bucket: 1)
        """Tokens of each client, and when they were counted."""

    def check(self, request: HTTPConnection) -> None:
        """Raise RateLimited if the client of a request sends requests too often."""
        self.check_client(identify_client(request))

    def check_client(self, client: str) -> None:
        """Raise RateLimited if a client sends requests too often."""
        if self.per_minute and (seconds := self.take(client)):
            raise RateLimited(
                f"This client may send {self.per_minute:g} requests a minute.",
                hint="Try again after the seconds in Retry-After.",
                retry_after=min(math.ceil(seconds), _MAX_RETRY_AFTER),
            )

    def take(self, client: str, wanted: int = 1) -> float:
        """Take tokens and return 0, or return the seconds until the next token if there is none.

        A client with a token may take more than it has, and then waits longer: no request is refused for ever.
        """
        now, per_second = self._clock(), self.per_minute / 60
        tokens, since = self._buckets.get(client) or (self.most, now)
        tokens = min(self.most, tokens + (now - since) * per_second)
        enough = tokens >= _WHOLE_TOKEN
        self._buckets.put(client, (tokens - wanted * enough, now))
        return 0.0 if enough else (1 - tokens) / per_second


class OpenStreams:
    """Counter of open streams, in total and for each client; used from one event loop."""

    def __init__(self, most: int, most_per_client: int) -> None:
        self.most = most
        self.most_per_client = most_per_client
        self._by_client: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """Number of streams that are open now."""
        return self._by_client.total()

    def enter(self, client: str) -> None:
        """Count one more stream of a client, or raise `TooManyStreams` or `Busy`."""
        if self._by_client[client] >= self.most_per_client:
            raise TooManyStreams(f"This client has {self.most_per_client} open streams.")
        if self.count >= self.most:
            raise Busy(f"{self.most} streams are open.", hint="Try again after the seconds in Retry-After.")
        self._by_client[client] += 1

    def leave(self, client: str) -> None:
        """Count one stream of a client less."""
        self._by_client[client] -= 1
        # Remove clients without streams, or the table would grow with every address.
        self._by_client += Counter()


class ReaderPatience:
    """Time that a stream waits for its reader.

    Players read ahead in bursts and then take nothing for minutes, until they have played most of their buffer, or for
    as long as they are paused. So no single interval counts: waiting uses patience up, and every byte taken restores
    the time that it may take at the minimum rate. A reader at least as fast is never disconnected for being slow; a
    slower one, or one that takes nothing, is disconnected when the patience is used up.
    """

    def __init__(self, seconds: float, least_rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.left = seconds
        self._most = seconds
        self._least_rate = least_rate
        self._clock = clock

    async def waiting_for(self, taking: Awaitable[None], size: int) -> None:
        """Wait until the reader has taken `size` bytes, or raise ReaderTooSlow."""
        began, earned = self._clock(), size / self._least_rate
        try:
            async with asyncio.timeout(self.left + earned):
                await taking
        except TimeoutError:
            raise ReaderTooSlow(f"The reader took less than {self._least_rate:g} bytes a second.") from None
        self.left = min(self._most, self.left + earned - (self._clock() - began))


def identify_client(request: HTTPConnection) -> str:
    """Return the client that a request counts for: the name of its key, else the network of its address."""
    return get_key_name(request) or mask_address(request.client.host if request.client else "")


def mask_address(host: str) -> str:
    """Return the address of a client; for IPv6 its first 64 bits, since one client usually has that whole network."""
    try:
        address = ip_address(host)
    except ValueError:
        # A proxy may write anything here; all invalid addresses count as one client.
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))


WRONG_KEYS_PER_MINUTE = 120
"""Limit for one address, a sixth of it in a burst; a program that repeats a wrong key must wait in between."""

_PUBLIC_PATHS = frozenset({"/", "/docs", "/openapi.json", "/health", "/ready", "/metrics", "/ping", "/voices", "/ssml"})
"""Paths whose GET requires no key."""

_PUBLIC_PREFIXES = ("/page/", "/static-offline-docs/", "/voices/", "/v1/")
"""Prefixes of such paths: files of the web page and of the documentation, single voices, OpenAI's lists."""
_SAMPLE_PATH = re.compile(r"/voices/[^/]+/sample")
"""Path that requires a key nevertheless, because the sample may be synthesized."""


class KeyAuthenticator:
    """API keys by name, kept as digests only; without any, all requests are accepted."""

    def __init__(self, keys: Mapping[str, SecretStr], clock: Callable[[], float] = time.monotonic) -> None:
        self._digests = [(name, _hash_key(key.get_secret_value())) for name, key in keys.items()]
        self._wrong = RateLimit(WRONG_KEYS_PER_MINUTE, clock)

    def check(self, request: Request) -> None:
        """Raise Unauthorized if a required key is missing or wrong; else add its name, not the key, to the log.

        Keys are accepted in the header Authorization only, because URLs are written into logs.
        """
        if not self._digests or is_public(request.method, request.state.path):
            return
        sent = read_bearer_token(request)
        if sent is None:
            raise Unauthorized("The request has no key.", hint="Send the header Authorization: Bearer KEY.")
        self.authenticate(request, sent)

    @property
    def is_required(self) -> bool:
        """Whether there are keys, so that a client needs one."""
        return bool(self._digests)

    def authenticate(self, request: HTTPConnection, sent: str) -> None:
        """Set `key` of the state to the name of a key, and log it; raise Unauthorized if the key is not known."""
        name = self.name_of(sent)
        if name is None:
            self._count_wrong(request)
            raise Unauthorized("The key is not known.", hint="Ask the operator of the service for a key.")
        request.state.key = request.state.log["key"] = name

    def _count_wrong(self, request: HTTPConnection) -> None:
        """Raise RateLimited if the address has sent too many wrong keys; correct keys are still accepted."""
        if seconds := self._wrong.take(mask_address(request.client.host if request.client else "")):
            raise RateLimited(
                f"This address sends over {WRONG_KEYS_PER_MINUTE} wrong keys a minute.",
                hint="Ask the operator of the service for a key.",
                retry_after=math.ceil(seconds),
            )

    def name_of(self, key: str) -> str | None:
        """Return the name of a key, in the same time for every key, to prevent timing attacks."""
        digest, found = _hash_key(key), None
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = name
        return found


def get_key_name(request: HTTPConnection) -> str | None:
    """Return the name of the key that authenticated the request; None if no key was required."""
    name: str | None = getattr(request.state, "key", None)
    return name


def _hash_key(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def is_public(method: str, path: str) -> bool:
    """Return whether a request requires no key.

    OPTIONS reveals no more than the documentation, and browsers send it without a key.
    """
    if method == "OPTIONS":
        return True
    if path == "/ping":
        return method in ("GET", "POST")
    if _SAMPLE_PATH.fullmatch(path):
        return False
    return method == "GET" and (path in _PUBLIC_PATHS or path.startswith(_PUBLIC_PREFIXES))


def read_bearer_token(request: HTTPConnection) -> str | None:
    """Return the token after `Bearer`, if there is exactly one header Authorization."""
    sent = request.headers.getlist("authorization")
    scheme, _, key = sent[0].strip().partition(" ") if len(sent) == 1 else ("", "", "")
    return key.strip() if scheme.lower() == "bearer" else None


LIVE_BURST_SECONDS = 30
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
        self._characters = RateLimit(characters_per_minute, clock, LIVE_BURST_SECONDS)

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
