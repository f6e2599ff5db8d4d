"""Serve browsers, proxies and old clients: HEAD, path prefixes, security headers and host names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import OriginRefused, UnknownHost


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


class DropCookiesMiddleware:
    """ASGI middleware that removes the header Cookie.

    The framework parses the header for every route, on the event loop, in time quadratic in the length of quoted values
    (CVE-2024-7592, in Python before 3.11.10 and 3.12.6).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}
        await self.app(scope, receive, send)


_HOST_PATTERN = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")
"""Address in brackets, or a name, and an optional port."""


class HostCheck:
    """Check that refuses requests to hosts other than this machine and `names`.

    Without names it only applies if the service is bound to loopback, to prevent DNS rebinding through a browser on the
    same machine. A service bound to another address is reachable by names that only its platform may know.
    """

    def __init__(self, names: Sequence[str], *, loopback: bool) -> None:
        self._names = frozenset({"localhost", *names})
        self._checks = loopback or bool(names)

    def check(self, request: HTTPConnection) -> None:
        """Raise UnknownHost for a host that is not allowed. Requests without the header do not come from browsers."""
        host = request.headers.get("host")
        if self._checks and host is not None and not self._allows(host):
            raise UnknownHost("The header Host names another machine.")

    def _allows(self, host: str) -> bool:
        match = _HOST_PATTERN.fullmatch(host)
        name = match[1].lower() if match else ""
        return name in self._names or _is_loopback(name)


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


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


NO_SNIFF_HEADERS = {"X-Content-Type-Options": "nosniff"}
"""Header that forbids browsers to guess another Content-Type from the bytes of a response."""

PAGE_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""Content security policy of the web page: all content from the service itself, and no embedding in frames."""


def make_page_headers(**exceptions: str) -> dict[str, str]:
    """Return the headers of a page; `exceptions` replaces directives of the policy, with _ for the hyphen in names."""
    policy: Mapping[str, str] = {**PAGE_POLICY, **{name.replace("_", "-"): value for name, value in exceptions.items()}}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "no-referrer",
        # On a reload, the browser revalidates the file and gets a 304 without a body if it is unchanged.
        "Cache-Control": "no-cache",
    }


class NoSniffMiddleware:
    """ASGI middleware that adds NO_SNIFF_HEADERS to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(NO_SNIFF_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
