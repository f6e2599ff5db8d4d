"""Answers that tell an error: their statuses, headers and forms, from the table of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.api.docs.headers import headers
from app.api.error_headers import headers_of
from app.api.openai_errors import openai_content, openai_status
from app.api.problems import PROBLEM_TYPE, problem
from app.errors import (
    ERRORS,
    AnswerTooLarge,
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
    InvalidVoice,
    NoStorage,
    NotAcceptable,
    NotReady,
    OverTimeBudget,
    RateLimited,
    ReaderTooSlow,
    TextTooLong,
    TooManyStreams,
    Unauthorized,
    UnknownEmotion,
    UnreadableBody,
    UnsupportedContentEncoding,
    UnsupportedMediaType,
    VoiceNotFound,
    row_of,
)

Responses = dict[int | str, dict[str, Any]]
Errors = tuple[type[IntoneError], ...]

BODY: Errors = (UnreadableBody, BodyTooSlow, BodyTooLarge, UnsupportedMediaType, UnsupportedContentEncoding)
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
    InvalidVoice,
)
"""Where a request says what is to be spoken."""
WHOLE: Errors = (AnswerTooLarge, NoStorage)
"""Where an answer is complete before it is sent."""
STREAM: Errors = (TooManyStreams, ReaderTooSlow)
"""Where an answer may be a stream."""
SPEECH: Errors = (*BODY, *WORK, *TEXT, *STREAM, *WHOLE, NotAcceptable)
"""Where one in its own body does."""


class _Form(NamedTuple):
    """How errors are told."""

    schema: str
    media_type: str
    status: Callable[[IntoneError], int]
    content: Callable[[IntoneError], Mapping[str, Any]]


_OURS = _Form("Problem", PROBLEM_TYPE, lambda error: row_of(error).status, lambda error: problem(error, "0b7c9ad2"))
_OPENAIS = _Form("OpenAiError", "application/json", openai_status, openai_content)


def problems(*kinds: type[IntoneError]) -> Responses:
    """Answers in our own form: one for each status, with an example for each code."""
    return _answers(_OURS, kinds)


def openai_problems(*kinds: type[IntoneError]) -> Responses:
    """The same below `/v1`."""
    return _answers(_OPENAIS, kinds)


def error_examples() -> dict[str, Any]:
    """Every error in both forms, for `components`."""
    return {
        f"{form.schema}.{row.code}": {"summary": row.title, "value": form.content(_example(kind))}
        for form in (_OURS, _OPENAIS)
        for kind, row in ERRORS.items()
    }


def _answers(form: _Form, kinds: Errors) -> Responses:
    of_status: dict[int, list[IntoneError]] = {}
    for error in map(_example, kinds):
        of_status.setdefault(form.status(error), []).append(error)
    return {status: _answer(form, errors) for status, errors in sorted(of_status.items())}


def _answer(form: _Form, errors: list[IntoneError]) -> dict[str, Any]:
    rows = [row_of(error) for error in errors]
    content = {
        "schema": {"$ref": f"#/components/schemas/{form.schema}"},
        "examples": {row.code: {"$ref": f"#/components/examples/{form.schema}.{row.code}"} for row in rows},
    }
    return {
        "description": "; ".join(row.title for row in rows),
        "headers": headers(*(name for error in errors for name in headers_of(error))),
        "content": {form.media_type: content},
    }


def _example(kind: type[IntoneError]) -> IntoneError:
    return kind((kind.__doc__ or "").partition("; ")[0], hint="…")
