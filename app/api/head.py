"""HEAD: GET without the body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
