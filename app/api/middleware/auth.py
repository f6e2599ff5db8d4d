"""Keys: who may use the service."""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Callable, Mapping
from hashlib import sha256

from pydantic import SecretStr
from starlette.requests import Request

from app.api.middleware.rate_limit import RateLimit, network_of
from app.errors import RateLimited, Unauthorized

WRONG_KEYS_PER_MINUTE = 120
"""From one address, a sixth of them at once; a program that repeats a wrong key must wait in between."""

_OPEN = frozenset({"/", "/docs", "/openapi.json", "/health", "/ready", "/metrics", "/ping", "/voices", "/ssml"})
"""Paths whose GET needs no key."""

_OPEN_BELOW = ("/page/", "/static-offline-docs/", "/voices/", "/v1/")
"""The same for whatever is below: files of the web page and of the documentation, single voices, OpenAI's lists."""


class Keys:
    """The keys by name, of which only digests are kept; without any, everybody is let in."""

    def __init__(self, keys: Mapping[str, SecretStr], clock: Callable[[], float] = time.monotonic) -> None:
        self._digests = [(name, _digest(key.get_secret_value())) for name, key in keys.items()]
        self._wrong = RateLimit(WRONG_KEYS_PER_MINUTE, clock)

    def check(self, request: Request) -> None:
        """Raise Unauthorized if a key is needed and missing or wrong; else give its name to the log alone.

        Keys are taken from the header Authorization alone: URLs are written into logs.
        """
        if not self._digests or is_open(request.method, request.state.path):
            return
        sent = _bearer(request)
        if sent is None:
            raise Unauthorized("The request has no key.", hint="Send the header Authorization: Bearer KEY.")
        name = self.name_of(sent)
        if name is None:
            self._count_wrong(request)
            raise Unauthorized("The key is not known.", hint="Ask the operator of the service for a key.")
        request.state.key = request.state.log["key"] = name

    def _count_wrong(self, request: Request) -> None:
        """Raise RateLimited if the address sent too many wrong keys; those that are right pass all the same."""
        if seconds := self._wrong.take(network_of(request.client.host if request.client else "")):
            raise RateLimited(
                f"This address sends over {WRONG_KEYS_PER_MINUTE} wrong keys a minute.",
                hint="Ask the operator of the service for a key.",
                retry_after=math.ceil(seconds),
            )

    def name_of(self, key: str) -> str | None:
        """The name of a key; takes as long for every key, so that nothing is learnt from the time."""
        digest, found = _digest(key), None
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = name
        return found


def key_name(request: Request) -> str | None:
    """The name of the key that a request was let in with; None where there are no keys."""
    name: str | None = getattr(request.state, "key", None)
    return name


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def is_open(method: str, path: str) -> bool:
    """Whether no key is needed. OPTIONS tells only what the documentation tells, and browsers ask it without a key."""
    if method == "OPTIONS":
        return True
    if path == "/ping":
        return method in ("GET", "POST")
    return method == "GET" and (path in _OPEN or path.startswith(_OPEN_BELOW))


def _bearer(request: Request) -> str | None:
    """What stands behind `Bearer` in the one header Authorization."""
    sent = request.headers.getlist("authorization")
    scheme, _, key = sent[0].strip().partition(" ") if len(sent) == 1 else ("", "", "")
    return key.strip() if scheme.lower() == "bearer" else None
