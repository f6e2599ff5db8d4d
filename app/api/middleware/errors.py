"""Refuse requests before their body is read, and handle unexpected exceptions."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import render_error
from app.errors import IntoneError, NotReady

logger = logging.getLogger("intone.request")

Check = Callable[[Request], None]
"""Function that raises a typed error to refuse a request; reads only the request's head."""


class GuardMiddleware:
    """ASGI middleware that runs checks before the body is read, and is the last-resort error handler."""

    def __init__(self, app: ASGIApp, checks: Sequence[Check]) -> None:
        self.app = app
        self.checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, passage = Request(scope), _ResponseTracker(send)
        try:
            self._check(request)
            await self.app(scope, receive, passage.send)
        except asyncio.CancelledError:
            # At shutdown, the server cancels requests that have not ended in the allowed time.
            if passage.answered:
                raise
            await render_error(NotReady("The service is stopping."), request)(scope, receive, send)
        except Exception as error:
            if not isinstance(error, IntoneError):
                _log_exception(error, request)
                error = IntoneError("")
            if not passage.answered:
                await render_error(error, request)(scope, receive, send)

    def _check(self, request: Request) -> None:
        for check in self.checks:
            check(request)


class _ResponseTracker:
    """Sender that records whether a response has started."""

    def __init__(self, send: Send) -> None:
        self.send_on = send
        self.answered = False

    async def send(self, message: Message) -> None:
        self.answered = True
        await self.send_on(message)


def _log_exception(error: Exception, request: Request) -> None:
    """Log the type and the traceback of an exception, but not its message, which may quote text to be spoken."""
    request.state.log.setdefault("code", IntoneError.code)
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s in request %s\n%s", type(error).__name__, request.state.request_id, places.rstrip())
