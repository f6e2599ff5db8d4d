"""Authenticate requests by API keys."""

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
"""Limit for one address, a sixth of it in a burst; a program that repeats a wrong key must wait in between."""

_PUBLIC_PATHS = frozenset({"/", "/docs", "/openapi.json", "/health", "/ready", "/metrics", "/ping", "/voices", "/ssml"})
"""Paths whose GET requires no key."""

_PUBLIC_PREFIXES = ("/page/", "/static-offline-docs/", "/voices/", "/v1/")
"""Prefixes of such paths: files of the web page and of the documentation, single voices, OpenAI's lists."""


class KeyAuthenticator:
    """API keys by name, kept as digests only; without any, all requests are accepted."""

    def __init__(self, keys: Mapping[str, SecretStr], clock: Callable[[], float] = time.monotonic) -> None:
        self._digests = [(name, _digest(key.get_secret_value())) for name, key in keys.items()]
        self._wrong = RateLimit(WRONG_KEYS_PER_MINUTE, clock)

    def check(self, request: Request) -> None:
        """Raise Unauthorized if a required key is missing or wrong; else add its name, not the key, to the log.

        Keys are accepted in the header Authorization only, because URLs are written into logs.
        """
        if not self._digests or is_public(request.method, request.state.path):
            return
        sent = _bearer_token(request)
        if sent is None:
            raise Unauthorized("The request has no key.", hint="Send the header Authorization: Bearer KEY.")
        name = self.name_of(sent)
        if name is None:
            self._count_wrong(request)
            raise Unauthorized("The key is not known.", hint="Ask the operator of the service for a key.")
        request.state.key = request.state.log["key"] = name

    def _count_wrong(self, request: Request) -> None:
        """Raise RateLimited if the address has sent too many wrong keys; correct keys are still accepted."""
        if seconds := self._wrong.take(network_of(request.client.host if request.client else "")):
            raise RateLimited(
                f"This address sends over {WRONG_KEYS_PER_MINUTE} wrong keys a minute.",
                hint="Ask the operator of the service for a key.",
                retry_after=math.ceil(seconds),
            )

    def name_of(self, key: str) -> str | None:
        """Return the name of a key, in the same time for every key, to prevent timing attacks."""
        digest, found = _digest(key), None
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = name
        return found


def key_name(request: Request) -> str | None:
    """Return the name of the key that authenticated the request; None if no key was required."""
    name: str | None = getattr(request.state, "key", None)
    return name


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def is_public(method: str, path: str) -> bool:
    """Return whether a request requires no key.

    OPTIONS reveals no more than the documentation, and browsers send it without a key.
    """
    if method == "OPTIONS":
        return True
    if path == "/ping":
        return method in ("GET", "POST")
    return method == "GET" and (path in _PUBLIC_PATHS or path.startswith(_PUBLIC_PREFIXES))


def _bearer_token(request: Request) -> str | None:
    """Return the token after `Bearer`, if there is exactly one header Authorization."""
    sent = request.headers.getlist("authorization")
    scheme, _, key = sent[0].strip().partition(" ") if len(sent) == 1 else ("", "", "")
    return key.strip() if scheme.lower() == "bearer" else None
