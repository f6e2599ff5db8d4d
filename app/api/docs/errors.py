"""Answers that tell an error: their statuses, headers and forms, from the table of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.api.docs.headers import headers
from app.api.error_headers import headers_of
from app.api.openai_errors import openai_content, openai_status
from app.api.problems import PROBLEM_TYPE, problem
from app.errors import (
    AudioTooLong,
    BlendUnsupported,
    BodyTooLarge,
    BodyTooSlow,
    Busy,
    EmptyText,
    FallbackRefused,
    IntoneError,
    InvalidRequest,
    InvalidSsml,
    NotAcceptable,
    NotReady,
    OverTimeBudget,
    RateLimited,
    TextTooLong,
    Unauthorized,
    UnknownEmotion,
    UnreadableBody,
    UnsupportedMediaType,
    VoiceNotFound,
    row_of,
)

Responses = dict[int | str, dict[str, Any]]
Errors = tuple[type[IntoneError], ...]

BODY: Errors = (UnreadableBody, BodyTooSlow, BodyTooLarge, UnsupportedMediaType)
"""Where a request has a body."""
WORK: Errors = (Unauthorized, RateLimited, Busy, NotReady, OverTimeBudget)
"""Where a request costs something."""
TEXT: Errors = (
    InvalidRequest,
    InvalidSsml,
    EmptyText,
    TextTooLong,
    AudioTooLong,
    VoiceNotFound,
    UnknownEmotion,
    BlendUnsupported,
    FallbackRefused,
)
"""Where a request says what is to be spoken."""
SPEECH: Errors = (*BODY, *WORK, *TEXT, NotAcceptable)
"""Where one in its own body does."""


def problems(*kinds: type[IntoneError]) -> Responses:
    """Answers in our own form: one for each status, with an example for each code."""

    def content(error: IntoneError) -> Mapping[str, Any]:
        return problem(error, "0b7c9ad2")

    return _answers(kinds, lambda error: row_of(error).status, content, PROBLEM_TYPE, "Problem")


def openai_problems(*kinds: type[IntoneError]) -> Responses:
    """The same below `/v1`."""
    return _answers(kinds, openai_status, openai_content, "application/json", "OpenAiError")


def _answers(
    kinds: Errors,
    status: Callable[[IntoneError], int],
    content: Callable[[IntoneError], Mapping[str, Any]],
    media_type: str,
    schema: str,
) -> Responses:
    of_status: dict[int, list[IntoneError]] = {}
    for error in map(_example, kinds):
        of_status.setdefault(status(error), []).append(error)
    return {
        number: {
            "description": "; ".join(row_of(error).title for error in errors),
            "headers": headers(*(name for error in errors for name in headers_of(error))),
            "content": {
                media_type: {
                    "schema": {"$ref": f"#/components/schemas/{schema}"},
                    "examples": {row_of(error).code: {"value": content(error)} for error in errors},
                }
            },
        }
        for number, errors in sorted(of_status.items())
    }


def _example(kind: type[IntoneError]) -> IntoneError:
    return kind((kind.__doc__ or "").partition("; ")[0], hint="…")
