"""Cookies, of which the service has none."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class WithoutCookies:
    """ASGI middleware. Remove the header Cookie: the framework parses it for every route, on the event loop, and takes
    time with the square of its length for quoted values (CVE-2024-7592, in Python before 3.11.10 and 3.12.6)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}
        await self.app(scope, receive, send)
