"""What browsers, proxies and old clients expect: HEAD, a prefix of the path, headers that guard pages, host names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import UnknownHost


class HeadAsGet:
    """ASGI middleware. The routes see GET; of their answer only the headers are sent.

    A whole answer is made, since its length is one of the headers; a stream ends at its first piece.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        # A range is defined for GET alone (RFC 9110, 14.2).
        headers = [header for header in scope["headers"] if header[0] != b"range"]
        await self.app({**scope, "method": "GET", "headers": headers}, receive, _HeadersOnly(send).send)


class _HeadersOnly:
    """Ends an answer where its body begins; whoever makes the rest is then told that the client is gone."""

    def __init__(self, send: Send) -> None:
        self.send_on = send
        self.ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self.send_on(message)
        elif not self.ended:
            self.ended = True
            await self.send_on({"type": "http.response.body", "body": b"", "more_body": False})


class Prefix:
    """ASGI middleware. The proxy in front may pass the prefix on or strip it: /tts/voices and /voices are the same.

    Inside, the path always begins with the prefix, as ASGI has it; `root_path` begins with a slash and ends without.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "root_path": self.root_path, "path": self._with_prefix(scope["path"])}
        await self.app(scope, receive, send)

    def _with_prefix(self, path: str) -> str:
        if path == self.root_path:
            return f"{path}/"
        return path if path.startswith(f"{self.root_path}/") else self.root_path + path


class WithoutCookies:
    """ASGI middleware. Remove the header Cookie: the framework parses it for every route, on the event loop, and takes
    time with the square of its length for quoted values (CVE-2024-7592, in Python before 3.11.10 and 3.12.6)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}
        await self.app(scope, receive, send)


_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")
"""An address in brackets, or a name, and a port."""


class AllowedHosts:
    """Refuses requests to other names than this machine's own and `names`.

    Without names it does so only if the service is bound to loopback, where a browser on the same machine is the way
    in for others. Whoever binds to another address wants to be reached by names that only a platform may know.
    """

    def __init__(self, names: Sequence[str], *, loopback: bool) -> None:
        self._names = frozenset({"localhost", *names})
        self._checks = loopback or bool(names)

    def check(self, request: Request) -> None:
        """Raise UnknownHost for a name that is not allowed. Without the header, it is no browser's request."""
        host = request.headers.get("host")
        if self._checks and host is not None and not self._allows(host):
            raise UnknownHost("The header Host names another machine.")

    def _allows(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        name = match[1].lower() if match else ""
        return name in self._names or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
"""Browsers must take the Content-Type of an answer as it is, not guess another from its bytes."""

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
"""Content security policy of the web page: everything from the service itself, and no frame of another site."""


def page_headers(**exceptions: str) -> dict[str, str]:
    """Headers of a page; `exceptions` replaces directives of the policy, with _ for the hyphen of their names."""
    policy: Mapping[str, str] = {**PAGE_POLICY, **{name.replace("_", "-"): value for name, value in exceptions.items()}}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "no-referrer",
        # A reload asks whether the file is still the same, and gets a 304 without a body if it is.
        "Cache-Control": "no-cache",
    }


class ResponseHeaders:
    """ASGI middleware that adds NO_SNIFFING to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(NO_SNIFFING)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
