"""Around every request: its id, HEAD, one log line, and the last net under an exception."""

from __future__ import annotations

import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import internal_problem

logger = logging.getLogger("intone.request")

CLIENT_GONE = 499
"""Status in the log of a request whose client did not wait for the answer."""

_PROBES = ("/health", "/ready")
"""Asked every few seconds by whatever watches the service; their lines would bury all others."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_PATH = 200


class RequestLog:
    """ASGI middleware. Routes put facts for the log line into `request.state.log`; never the text of a request.

    `answered` is told the status of each answer.
    """

    def __init__(self, app: ASGIApp, answered: Callable[[int], None]) -> None:
        self.app = app
        self.answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        await exchange.run(self.app, receive)
        self.answered(exchange.status or CLIENT_GONE)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = time.perf_counter()
        self.scope = scope
        self.send_on = send
        self.status: int | None = None
        self.request_id = _request_id(scope)
        self.facts: dict[str, Any] = {}

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        scope = {**self.scope, "method": "GET" if self.scope["method"] == "HEAD" else self.scope["method"]}
        scope["state"] = {**self.scope.get("state", {}), "request_id": self.request_id, "log": self.facts}
        try:
            await app(scope, receive, self.send)
        except Exception as error:
            await self.fail(error, scope, receive)
        finally:
            self.log()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.request_id
        elif self.scope["method"] == "HEAD":
            message = {**message, "body": b""}
        await self.send_on(message)

    async def fail(self, error: Exception, scope: Scope, receive: Receive) -> None:
        """Answer 500, if nothing was answered yet, and log where it happened."""
        self.facts.setdefault("code", "internal_error")
        # Only the places and the type: the message of an exception may quote the text that was to be spoken.
        places = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s in request %s\n%s", type(error).__name__, self.request_id, places.rstrip())
        if self.status is None:
            await internal_problem(self.request_id)(scope, receive, self.send)

    def log(self) -> None:
        status = self.status or CLIENT_GONE
        facts = {
            "method": self.scope["method"],
            "path": self.scope["path"][:_LONGEST_PATH],
            "status": status,
            "ms": round((time.perf_counter() - self.started) * 1000, 1),
            "request_id": self.request_id,
            **self.facts,
        }
        level = logging.WARNING if status >= 500 else logging.INFO
        logger.log(logging.DEBUG if facts["path"] in _PROBES else level, "request", extra={"facts": facts})


def _request_id(scope: Scope) -> str:
    """The client's own id, if it is a sane one, so that its log and ours can be laid side by side."""
    sent = Headers(scope=scope).get("x-request-id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
