"""Convert typed errors to responses: `application/problem+json` (RFC 9457), or OpenAI's format below `/v1`."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.schemas import answers
from app.errors import Busy, IntoneError, MethodNotAllowed, RouteNotFound, SetupError

_OPENAI_STATUSES = {404: 400, 413: 400, 422: 400}
"""Statuses that become 400, which OpenAI returns for any invalid field; all others stay."""
_NOT_FOUND_CODES = ("model_not_found", "not_found")
"""Codes that keep status 404."""


def choose_openai_status(error: IntoneError) -> int:
    """Return the status of an error below `/v1`."""
    return error.status if error.code in _NOT_FOUND_CODES else _OPENAI_STATUSES.get(error.status, error.status)


def make_openai_content(error: IntoneError) -> answers.OpenAiError:
    """Return the error in OpenAI's format, for the body of a response or of an event."""
    status, hint = choose_openai_status(error), error.hint or error.remedy
    return format_openai_error(
        message=f"{error.detail} {hint}",
        type="server_error" if status >= 500 else "invalid_request_error",
        param=_find_invalid_param(error),
        code=error.openai_code or error.code,
    )


def format_openai_error(
    *, message: str, type: Literal["invalid_request_error", "server_error"], param: str | None, code: str
) -> answers.OpenAiError:
    """Return an error body in OpenAI's format."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def _find_invalid_param(error: IntoneError) -> str | None:
    """Return the name of the invalid field."""
    if error.fields:
        return error.fields[0].pointer.removeprefix("#/").split("/")[0]
    return error.openai_param


logger = logging.getLogger("intone.request")

PROBLEM_TYPE = "application/problem+json"
OPENAI_PREFIX = "/v1/"

INVOCATIONS = "/invocations"

_MAX_FIELD_ERRORS = 20
"""Maximum field errors in one response: a body of a thousand unknown fields must not get a thousand errors."""
_MAX_INVOCATION_ERROR_CHARS = 2048
"""Maximum characters of an error body that SageMaker forwards."""

_INTERNAL_ERROR_DETAIL = "Something went wrong inside the service; your request is not to blame."
_INTERNAL_ERROR_HINT = "Try again; if it persists, give the operator the request_id."
"""Hint if the service itself fails; the log has details under the same request id (`X-Request-Id`)."""
_VOICE_ERROR_DETAIL = "A voice that the request needs is missing, damaged or was changed while the service runs."


def render_error(error: IntoneError, request: Request) -> Response:
    """Return the response to an error, and add the error's code to the access log.

    Only this function chooses the error format of a path (`request.state.path`).
    """
    request.state.log["code"] = error.code
    error = redact_error(error)
    if request.state.path.startswith(OPENAI_PREFIX):
        return _make_json_response(make_openai_content(error), choose_openai_status(error), error, "application/json")
    content = make_problem(error, request.state.request_id)
    if request.state.path == INVOCATIONS:
        _shorten(content)
    return _make_json_response(content, error.status, error, PROBLEM_TYPE)


def redact_error(error: IntoneError) -> IntoneError:
    """Return the error as clients may see it.

    Setup errors name files of the installation, so their details go to the log only.
    """
    if isinstance(error, SetupError):
        logger.error("%s: %s", type(error).__name__, error.detail)
    if error.code == IntoneError.code:
        return IntoneError(_INTERNAL_ERROR_DETAIL, hint=_INTERNAL_ERROR_HINT)
    return type(error)(_VOICE_ERROR_DETAIL) if isinstance(error, SetupError) else error


def _shorten(content: answers.Problem) -> None:
    """Drop the last field errors, then halve hint and detail, until the JSON fits `_MAX_INVOCATION_ERROR_CHARS`."""
    while len(json.dumps(content)) > _MAX_INVOCATION_ERROR_CHARS:
        if fields := content.get("errors"):
            fields.pop()
        elif content["hint"]:
            content["hint"] = content["hint"][: len(content["hint"]) // 2]
        else:
            content["detail"] = content["detail"][: len(content["detail"]) // 2]


def _make_json_response(content: Mapping[str, object], status: int, error: IntoneError, media_type: str) -> Response:
    # ASCII only: an error may quote a lone surrogate from the request, which UTF-8 cannot encode.
    return Response(json.dumps(content), status, error.headers, media_type)


def make_problem(error: IntoneError, request_id: str) -> answers.Problem:
    """Return the error as problem details (RFC 9457), the format outside `/v1`."""
    content: answers.Problem = {
        "type": f"/errors/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "hint": error.hint or error.remedy,
        "request_id": request_id,
    }
    if error.fields:
        content["errors"] = [{"detail": one.detail, "pointer": one.pointer} for one in error.fields[:_MAX_FIELD_ERRORS]]
    return content


async def handle_intone_error(request: Request, error: Exception) -> Response:
    """Return the response to a typed error; an exception handler."""
    assert isinstance(error, IntoneError)
    return render_error(error, request)


async def handle_router_error(request: Request, error: Exception) -> Response:
    """Return the response to an error of the router (unknown path, wrong method); an exception handler.

    OPTIONS, which no route handles, gets its response here.
    """
    assert isinstance(error, HTTPException)
    if error.status_code != 405:
        return render_error(RouteNotFound("No route has this path.", hint="GET /docs lists every route."), request)
    allowed = request.app.state.routes.list_methods(request.state.path)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
    detail = f"{request.method} is not a method of this address."
    return render_error(MethodNotAllowed(detail, hint="See the header Allow.", allowed=allowed), request)


def convert_exception(error: Exception, request_id: str) -> IntoneError:
    """Return the error to report for an exception that nothing else handles, and log it unless it is an overload.

    The log has its type and traceback, but not its message, which may quote text to be spoken.
    """
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return Busy(
            "The system allows no further thread.", hint="Try again; the operator may raise pids.max or ulimit -u."
        )
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s in request %s\n%s", type(error).__name__, request_id, places.rstrip())
    return IntoneError("")
