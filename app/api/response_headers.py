"""Headers that every answer has, and those that guard the pages."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
