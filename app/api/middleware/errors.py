"""Around the routes: who may not come in, and what fails inside."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import render
from app.errors import INTERNAL_ERROR, IntoneError, NotReady

logger = logging.getLogger("intone.request")

Check = Callable[[Request], None]
"""Raises a typed error where the request is to be refused; looks at nothing but its head."""


class Guard:
    """ASGI middleware. What a check refuses is answered before the body is read; the last net under an exception."""

    def __init__(self, app: ASGIApp, checks: Sequence[Check]) -> None:
        self.app = app
        self.checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, passage = Request(scope), _Passage(send)
        try:
            self._check(request)
            await self.app(scope, receive, passage.send)
        except asyncio.CancelledError:
            # The server cancels what has not ended in the time that it has to stop.
            if passage.answered:
                raise
            await render(NotReady("The service is stopping."), request)(scope, receive, send)
        except Exception as error:
            if not isinstance(error, IntoneError):
                _tell(error, request)
                error = IntoneError("")
            if not passage.answered:
                await render(error, request)(scope, receive, send)

    def _check(self, request: Request) -> None:
        for check in self.checks:
            check(request)


class _Passage:
    """Hands an answer on, and knows whether there was one."""

    def __init__(self, send: Send) -> None:
        self.send_on = send
        self.answered = False

    async def send(self, message: Message) -> None:
        self.answered = True
        await self.send_on(message)


def _tell(error: Exception, request: Request) -> None:
    """Log where it happened: only the places and the type, for the message of an exception may quote the text that
    was to be spoken."""
    request.state.log.setdefault("code", INTERNAL_ERROR.code)
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s in request %s\n%s", type(error).__name__, request.state.request_id, places.rstrip())
