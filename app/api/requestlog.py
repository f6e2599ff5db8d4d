"""Around every request: its id, one log line, and its place in the counters."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("intone.request")

CLIENT_GONE = 499
"""Status in the log of a request whose client did not wait for the answer."""

_PROBES = ("/health", "/ready")
"""Asked every few seconds by whatever watches the service; their lines would bury all others."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_PATH = 200


class RequestLog:
    """ASGI middleware. Gives `request.state` a `request_id`, the `path` without the prefix of a proxy, and a `log`:
    facts for the log line; never the text of a request.

    `answered` is told the status of each answer, and the code of its error.
    """

    def __init__(self, app: ASGIApp, answered: Callable[[int, str | None], None]) -> None:
        self.app = app
        self.answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        try:
            await self.app(exchange.scope, receive, exchange.send)
        finally:
            status = exchange.status or CLIENT_GONE
            exchange.log(status)
            self.answered(status, exchange.facts.get("code"))


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = time.perf_counter()
        self.send_on = send
        self.status: int | None = None
        self.request_id = _request_id(scope)
        self.path = scope["path"].removeprefix(scope.get("root_path", ""))
        self.facts: dict[str, Any] = {}
        state = {"request_id": self.request_id, "path": self.path, "log": self.facts}
        self.scope = {**scope, "state": {**scope.get("state", {}), **state}}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.request_id
        await self.send_on(message)

    def log(self, status: int) -> None:
        facts = {
            "method": self.scope["method"],
            "path": self.path[:_LONGEST_PATH],
            "status": status,
            "ms": round((time.perf_counter() - self.started) * 1000, 1),
            "request_id": self.request_id,
            **self.facts,
        }
        level = logging.WARNING if status >= 500 else logging.INFO
        logger.log(logging.DEBUG if self.path in _PROBES else level, "request", extra={"facts": facts})


def _request_id(scope: Scope) -> str:
    """The client's own id, if it is a sane one, so that its log and ours can be laid side by side."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
