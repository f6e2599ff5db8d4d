"""ASGI middleware around the routes: path prefixes, the access log, HEAD, checks of requests and unexpected errors."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPMethod
from typing import Any
from urllib.parse import urlsplit

from h11 import LocalProtocolError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import convert_exception, render_error
from app.errors import IntoneError, NotReady, OriginRefused, RouteNotFound, UnknownHost
from app.metrics import ResponseRecord
from app.settings import is_loopback_host

logger = logging.getLogger("intone.request")

UNKNOWN_ROUTE = "unknown"
"""Template of every path that no route has."""
CLIENT_CLOSED_REQUEST = 499
"""Logged status of a request whose client left before the response."""
SWITCHING_PROTOCOLS, FORBIDDEN = 101, 403
"""Logged status of a socket that was accepted, and of one that no route takes."""
WEBSOCKET = "WEBSOCKET"
"""Logged method of a socket."""
NO_SNIFF_HEADERS = {"X-Content-Type-Options": "nosniff"}
"""Header that forbids browsers to guess another Content-Type from the bytes of a response."""
_PROBE_PATHS = ("/health", "/ready", "/ping", "/metrics")
"""Paths that monitoring requests every few seconds; their lines would bury all others."""
_METHODS = frozenset(HTTPMethod)
"""Methods that are logged by name: a request may name any word as its method."""
_ROUTE_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RouteTable:
    """Lookup of templates and methods by path."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        known = [route for route in routes if isinstance(route, (Route, WebSocketRoute, Mount))]
        # Routes with a parameter, such as /voices/{name}, match the paths of others too, and mounts may match any.
        self._routes = sorted(known, key=lambda route: (isinstance(route, Mount), "{" in route.path))

    def find_template(self, path: str) -> str:
        """Return the template of a path, such as `/voices/{name}`; for a file, the path of its mount."""
        if path.endswith("\n"):
            return UNKNOWN_ROUTE
        scope = {"method": "GET", "path": path, "root_path": "", "headers": []}
        for route in self._routes:
            kind = "websocket" if isinstance(route, WebSocketRoute) else "http"
            if route.matches({**scope, "type": kind})[0] is not Match.NONE:
                return _get_template(route)
        return UNKNOWN_ROUTE

    def list_methods(self, path: str) -> tuple[str, ...]:
        """Return the methods of a path's template, and OPTIONS, and HEAD if GET is among them."""
        template = self.find_template(path)
        alike = [route for route in self._routes if _get_template(route) == template]
        taken = {method for one in alike for method in (one.methods or () if isinstance(one, Route) else ("GET",))}
        return (*(one for one in _ROUTE_METHODS if one in taken), *(["HEAD"] if "GET" in taken else []), "OPTIONS")


def _get_template(route: Route | WebSocketRoute | Mount) -> str:
    return route.path or "/" if isinstance(route, Mount) else route.path_format


def refuse_trailing_line_feed(request: Request) -> None:
    """Raise RouteNotFound for a path that ends in a line feed.

    The framework's route patterns end with `$`, which also matches before a final line feed.
    """
    if request.state.path.endswith("\n"):
        raise RouteNotFound("No route has this path.", hint="GET /docs lists every route.")


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
            MutableHeaders(scope=message).update({"X-Request-Id": self.request_id, **NO_SNIFF_HEADERS})
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


class HeadMiddleware:
    """ASGI middleware that handles HEAD as GET and sends only the headers of the response.

    A complete response is made in full, since its length is one of the headers; a stream ends at its first piece.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        # RFC 9110, 14.2, defines ranges for GET only.
        headers = [header for header in scope["headers"] if header[0] != b"range"]
        await self.app({**scope, "method": "GET", "headers": headers}, receive, _HeadersOnly(send).send)


class _HeadersOnly:
    """Sender that ends a response where its body begins; the sender of the rest then sees a disconnected client."""

    def __init__(self, send: Send) -> None:
        self.send_on = send
        self.ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self.send_on(message)
        elif not self.ended:
            self.ended = True
            await self.send_on({"type": "http.response.body", "body": b"", "more_body": False})


class PathPrefixMiddleware:
    """ASGI middleware that accepts paths with or without the prefix: /tts/voices and /voices are the same.

    A proxy may pass the prefix on or strip it. Inside, the path always starts with the prefix, as ASGI requires;
    `root_path` starts with a slash and does not end with one.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "root_path": self.root_path, "path": self._add_prefix(scope["path"])}
        await self.app(scope, receive, send)

    def _add_prefix(self, path: str) -> str:
        if path == self.root_path:
            return f"{path}/"
        return path if path.startswith(f"{self.root_path}/") else self.root_path + path


RequestCheck = Callable[[Request], None]
"""Function that raises a typed error to refuse a request; reads only the request's head."""


class GuardMiddleware:
    """ASGI middleware that runs checks before the body is read, and is the last-resort error handler.

    It drops the header Cookie, which the framework would parse for every route, on the event loop, in time quadratic in
    the length of quoted values (CVE-2024-7592, in Python before 3.11.10 and 3.12.6).
    """

    def __init__(self, app: ASGIApp, checks: Sequence[RequestCheck]) -> None:
        self.app = app
        self.checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = _drop_cookies(scope)
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, has_started = Request(scope), False

        async def send_on(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            for check in self.checks:
                check(request)
            await self.app(scope, receive, send_on)
        except asyncio.CancelledError:
            # At shutdown, the server cancels requests that have not ended in the allowed time.
            if has_started:
                raise
            await render_error(NotReady("The service is stopping."), request)(scope, receive, send)
        except LocalProtocolError:
            raise  # the response is not as long as announced: the server logs that, and closes the connection
        except Exception as error:
            if not isinstance(error, IntoneError):
                error = convert_exception(error, request.state.request_id)
                request.state.log.setdefault("code", error.code)
            if not has_started:
                await render_error(error, request)(scope, receive, send)


def _drop_cookies(scope: Scope) -> Scope:
    if scope["type"] not in ("http", "websocket"):
        return scope
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}


_HOST_PATTERN = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")
"""Address in brackets, or a name, and an optional port."""


class HostCheck:
    """Check that refuses requests to hosts other than this machine and `names`.

    Without names it only applies if the service is bound to loopback, to prevent DNS rebinding through a browser on the
    same machine. A service bound to another address is reachable by names that only its platform may know.
    """

    def __init__(self, names: Sequence[str], *, loopback: bool) -> None:
        self._names = frozenset(names)
        self._checks = loopback or bool(names)

    def check(self, request: HTTPConnection) -> None:
        """Raise UnknownHost for a host that is not allowed. Requests without the header do not come from browsers."""
        host = request.headers.get("host")
        if self._checks and host is not None and not self._allows(host):
            raise UnknownHost("The header Host names another machine.")

    def _allows(self, host: str) -> bool:
        match = _HOST_PATTERN.fullmatch(host)
        name = match[1].lower() if match else ""
        return name in self._names or is_loopback_host(name.strip("[]"))


class OriginCheck:
    """Check that refuses sockets of web pages of other origins: browsers let any page open one, unlike requests."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)

    def check(self, request: HTTPConnection) -> None:
        """Raise OriginRefused for an origin that is neither the service's own nor allowed by the operator."""
        origin = request.headers.get("origin")
        if origin is None or "*" in self._origins or origin.lower() in self._origins:
            return
        if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
            raise OriginRefused("The header Origin names another host.")
