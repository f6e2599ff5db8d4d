"""Typed errors as answers: `application/problem+json` (RFC 9457), and on OpenAI's routes their own form."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api import answers
from app.api.error_headers import headers_of
from app.api.methods import methods_of
from app.api.openai_errors import openai_content, openai_status
from app.errors import INTERNAL_ERROR, IntoneError, MethodNotAllowed, RouteNotFound, SetupError, row_of

logger = logging.getLogger("intone.request")

PROBLEM_TYPE = "application/problem+json"
OPENAI_PREFIX = "/v1/"

INVOCATIONS = "/invocations"

_MOST_FIELDS = 20
"""Field errors in one answer: a body of a thousand unknown fields must not make an answer of a thousand lines."""
_MOST_INVOKED = 2048
"""Characters of an error's body that SageMaker hands on."""

_OUR_FAULT = "Something went wrong inside the service; your request is not to blame."
_OUR_FAULT_HINT = "Try again; if it persists, tell the operator the request_id."
"""Where the service itself failed: the log knows more under the same request id, `X-Request-Id`."""
_NO_VOICE = "A voice that the request needs is missing, damaged or was changed while the service runs."


def render(error: IntoneError, request: Request) -> Response:
    """The answer to an error, whose code the log is told.

    The ONE place that knows in which form the errors of a path (`request.state.path`) are told.
    """
    row = row_of(error)
    request.state.log["code"] = row.code
    error = without_paths(error)
    if request.state.path.startswith(OPENAI_PREFIX):
        return _answer(openai_content(error), openai_status(error), error, "application/json")
    content = problem(error, request.state.request_id)
    if request.state.path == INVOCATIONS:
        _shorten(content)
    return _answer(content, row.status, error, PROBLEM_TYPE)


def without_paths(error: IntoneError) -> IntoneError:
    """The error as callers may read it. What is wrong with the installation names its files: that goes to the log."""
    if isinstance(error, SetupError):
        logger.error("%s: %s", type(error).__name__, error.detail)
    if row_of(error) is INTERNAL_ERROR:
        return IntoneError(_OUR_FAULT, hint=_OUR_FAULT_HINT)
    return type(error)(_NO_VOICE) if isinstance(error, SetupError) else error


def _shorten(content: answers.Problem) -> None:
    """Leave out the last field errors, then the end of hint and detail, until it has so many characters as JSON."""
    while len(json.dumps(content)) > _MOST_INVOKED:
        if fields := content.get("errors"):
            fields.pop()
        elif content["hint"]:
            content["hint"] = content["hint"][: len(content["hint"]) // 2]
        else:
            content["detail"] = content["detail"][: len(content["detail"]) // 2]


def _answer(content: Mapping[str, object], status: int, error: IntoneError, media_type: str) -> Response:
    # ASCII only: what an error quotes from the request may hold a lone surrogate, which UTF-8 cannot say.
    return Response(json.dumps(content), status, headers_of(error), media_type)


def problem(error: IntoneError, request_id: str) -> answers.Problem:
    """The body of an answer outside of `/v1`."""
    row = row_of(error)
    content: answers.Problem = {
        "type": f"/errors/{row.code}",
        "title": row.title,
        "status": row.status,
        "detail": error.detail,
        "code": row.code,
        "hint": error.hint or row.remedy,
        "request_id": request_id,
    }
    if error.fields:
        content["errors"] = [{"detail": one.detail, "pointer": one.pointer} for one in error.fields[:_MOST_FIELDS]]
    return content


async def answer_intone_error(request: Request, error: Exception) -> Response:
    """Exception handler: a typed error is told as such."""
    assert isinstance(error, IntoneError)
    return render(error, request)


async def answer_router_error(request: Request, error: Exception) -> Response:
    """Exception handler: what the router itself refuses (no such path, wrong method) becomes a typed error too.

    OPTIONS, which no route takes, is answered here.
    """
    assert isinstance(error, HTTPException)
    if error.status_code != 405:
        return render(RouteNotFound("No route has this path.", hint="GET /docs lists every route."), request)
    allowed = methods_of(request.app.routes, request.state.path)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
    detail = f"{request.method} is not a method of this address."
    return render(MethodNotAllowed(detail, hint="See the header Allow.", allowed=allowed), request)
