"""What is told where something went wrong."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from app.api.answers.exact import exact


@exact
class FieldProblem(TypedDict):
    """What is wrong with one field."""

    detail: str
    pointer: str
    """JSON pointer as a URI fragment (RFC 6901), such as `#/degree`."""


@exact
class Problem(TypedDict):
    """RFC 9457; `code` is stable and meant for programs, `detail` and `hint` for people."""

    type: str
    """`/errors/` and the code."""
    title: str
    """The same for every case of a code."""
    status: int
    detail: str
    code: str
    hint: str
    """What to do about it."""
    request_id: str
    """The same as in `X-Request-Id` and in the service's log."""
    errors: NotRequired[list[FieldProblem]]


@exact
class OpenAiProblem(TypedDict):
    """What went wrong, in OpenAI's words."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    """The field that is wrong."""
    code: str


@exact
class OpenAiError(TypedDict):
    """An error as OpenAI's clients expect it."""

    error: OpenAiProblem
