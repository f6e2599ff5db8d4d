"""Typed errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.errors import (
    ERRORS,
    Busy,
    ErrorRow,
    FallbackRefused,
    IntoneError,
    MethodNotAllowed,
    NotReady,
    OverTimeBudget,
    RouteNotFound,
)

PROBLEM_TYPE = "application/problem+json"
INTERNAL_ERROR = ErrorRow(500, "internal_error", "The service failed")

_MOST_FIELDS = 20
"""Field errors in one answer: a body of a thousand unknown fields must not make an answer of a thousand lines."""

_RETRY_SECONDS: dict[type[IntoneError], int] = {Busy: 5, NotReady: 2}
_NOT_TO_BE_REPEATED = (FallbackRefused, OverTimeBudget)
"""Clients repeat 409 and 504 on their own, but the answer would be the same."""


def row_of(error: IntoneError) -> ErrorRow:
    """The error's row in the table, its own or that of the nearest class above it."""
    return next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), INTERNAL_ERROR)


def problem(error: IntoneError, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to an error; what is the service's own fault is not told in detail."""
    row = row_of(error)
    if row is INTERNAL_ERROR:
        return internal_problem(request_id)
    content = _content(row, error.detail, error.hint, request_id)
    if error.fields:
        content["errors"] = [{"detail": one.detail, "pointer": one.pointer} for one in error.fields[:_MOST_FIELDS]]
    return _response(row.status, content, {**_headers_of(error), **(headers or {})})


def internal_problem(request_id: str) -> Response:
    """The answer where the service itself failed: the log knows more under the same request id."""
    detail = "Something went wrong inside the service; your request is not to blame."
    hint = "Try again; if it persists, tell the operator the request_id."
    return _response(INTERNAL_ERROR.status, _content(INTERNAL_ERROR, detail, hint, request_id), {})


def _content(row: ErrorRow, detail: str, hint: str, request_id: str) -> dict[str, Any]:
    return {
        "type": f"/errors/{row.code}",
        "title": row.title,
        "status": row.status,
        "detail": detail,
        "code": row.code,
        "hint": hint,
        "request_id": request_id,
    }


def _headers_of(error: IntoneError) -> dict[str, str]:
    seconds = next((value for kind, value in _RETRY_SECONDS.items() if isinstance(error, kind)), None)
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    if isinstance(error, _NOT_TO_BE_REPEATED):
        headers["X-Should-Retry"] = "false"
    return headers


def _response(status: int, content: dict[str, Any], headers: Mapping[str, str]) -> Response:
    # ASCII only: what a problem quotes from the request may hold a lone surrogate, which UTF-8 cannot say.
    return Response(json.dumps(content), status, dict(headers), PROBLEM_TYPE)


async def answer_intone_error(request: Request, error: Exception) -> Response:
    """Exception handler: a typed error becomes its problem."""
    assert isinstance(error, IntoneError)
    request.state.log["code"] = row_of(error).code
    return problem(error, request.state.request_id)


async def answer_router_error(request: Request, error: Exception) -> Response:
    """Exception handler: what the router itself refuses (no such path, wrong method) becomes a problem too."""
    assert isinstance(error, HTTPException)
    typed = _typed(error, request)
    request.state.log["code"] = row_of(typed).code
    return problem(typed, request.state.request_id, _allow(error))


def _typed(error: HTTPException, request: Request) -> IntoneError:
    if error.status_code == 405:
        return MethodNotAllowed(f"{request.method} is not a method of this address.", hint="See the header Allow.")
    return RouteNotFound("No route has this path.", hint="GET /docs lists every route.")


def _allow(error: HTTPException) -> dict[str, str]:
    """The header Allow; where GET is answered, HEAD is too."""
    allowed = (error.headers or {}).get("Allow", "")
    return {"Allow": "GET, HEAD" if allowed == "GET" else allowed} if allowed else {}
