"""Assign request ids, log one line per request, and report each response to the metrics."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPMethod
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import RouteNotFound
from app.metrics import ResponseRecord

UNKNOWN_ROUTE = "unknown"
"""Template of every path that no route has."""


class RouteTemplates:
    """Lookup of route templates by path."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        known = [route for route in routes if isinstance(route, (Route, WebSocketRoute, Mount))]
        # Mounts come last: they may match any path.
        self._routes = sorted(known, key=lambda route: isinstance(route, Mount))

    def find(self, path: str) -> str:
        """Return the template of a path, such as `/voices/{name}`; for a file, the path of its mount."""
        if path.endswith("\n"):
            return UNKNOWN_ROUTE
        scope = {"method": "GET", "path": path, "root_path": "", "headers": []}
        for route in self._routes:
            kind = "websocket" if isinstance(route, WebSocketRoute) else "http"
            if route.matches({**scope, "type": kind})[0] is not Match.NONE:
                return route.path or "/" if isinstance(route, Mount) else route.path_format
        return UNKNOWN_ROUTE


def refuse_trailing_line_feed(request: Request) -> None:
    """Raise RouteNotFound for a path that ends in a line feed.

    The framework's route patterns end with `$`, which also matches before a final line feed.
    """
    if request.state.path.endswith("\n"):
        raise RouteNotFound("No route has this path.", hint="GET /docs lists every route.")


logger = logging.getLogger("intone.request")

CLIENT_CLOSED_REQUEST = 499
"""Logged status of a request whose client left before the response."""

SWITCHING_PROTOCOLS, FORBIDDEN = 101, 403
"""Logged status of a socket that was accepted, and of one that no route takes."""
WEBSOCKET = "WEBSOCKET"
"""Logged method of a socket."""

_PROBE_PATHS = ("/health", "/ready", "/ping", "/metrics")
"""Paths that monitoring requests every few seconds; their lines would bury all others."""

_METHODS = frozenset(HTTPMethod)
"""Methods that are logged by name: a request may name any word as its method."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLogMiddleware:
    """ASGI middleware that logs each request and passes a summary of each response to `answered`.

    Sets `request_id`, `path` (without a proxy's prefix) and `log` (facts for the log line) on `request.state`. Facts
    never contain the text of a request. A path or a query may contain it as well, so `template_of` returns what may be
    logged of a path.
    """

    def __init__(
        self, app: ASGIApp, template_of: Callable[[str], str], answered: Callable[[ResponseRecord], None]
    ) -> None:
        self.app = app
        self.template_of = template_of
        self.answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        try:
            await self.app(exchange.scope, receive, exchange.send)
        finally:
            answer = exchange.answer(self.template_of(exchange.path))
            exchange.log(answer)
            self.answered(answer)


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = time.perf_counter()
        self.send_on = send
        self.status: int | None = None
        self.first_byte: float | None = None
        self.request_id = _request_id(scope)
        self.path = scope["path"].removeprefix(scope.get("root_path", ""))
        self.facts: dict[str, Any] = {}
        state = {"request_id": self.request_id, "path": self.path, "log": self.facts}
        self.scope = {**scope, "state": {**scope.get("state", {}), **state}}

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.request_id
        elif message["type"] == "websocket.accept":
            self.status = SWITCHING_PROTOCOLS
        elif message["type"] == "websocket.close":
            self.status = self.status or FORBIDDEN
        elif self.first_byte is None and message.get("body"):
            self.first_byte = self.seconds
        await self.send_on(message)

    @property
    def seconds(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self.started

    def answer(self, route: str) -> ResponseRecord:
        """Return the summary of the response, the same one for the log and the metrics."""
        return ResponseRecord(
            route=route,
            status=self.status or CLIENT_CLOSED_REQUEST,
            seconds=self.seconds,
            first_byte=self.first_byte if self.facts.get("stream") else None,
            code=self.facts.get("code"),
        )

    def log(self, answer: ResponseRecord) -> None:
        method = WEBSOCKET if self.scope["type"] == "websocket" else self.scope["method"]
        method = method if method in (*_METHODS, WEBSOCKET) else "unknown"
        level = logging.DEBUG if self.path in _PROBE_PATHS else logging.INFO
        log_request(answer, method=method, request_id=self.request_id, facts=self.facts, level=level)


def log_request(
    answer: ResponseRecord, *, method: str, request_id: str, facts: Mapping[str, Any], level: int = logging.INFO
) -> None:
    """Log one line about a request and its response, as a warning if the service is at fault (status 5xx)."""
    line = {
        "method": method,
        "route": answer.route,
        "status": answer.status,
        "ms": round(answer.seconds * 1000, 1),
        "request_id": request_id,
        **facts,
        **({"first_byte_ms": round(answer.first_byte * 1000, 1)} if answer.first_byte is not None else {}),
    }
    if answer.status >= 500 and level >= logging.INFO:
        level = logging.WARNING
    logger.log(level, "request", extra={"facts": line})


def _request_id(scope: Scope) -> str:
    """Return the client's request id if it is valid, to match the client's log with ours; else return a new id."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
