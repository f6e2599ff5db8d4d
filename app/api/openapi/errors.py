"""Describe error responses: their statuses, headers and schemas, derived from the table of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.api.errors import PROBLEM_TYPE, headers_of, openai_content, openai_status, problem
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
from app.types import Emotion

Headers = dict[str, dict[str, Any]]

_EMOTION = f"({'|'.join(Emotion)})"
_CODES = "[a-z_]+(,[a-z_]+)*"
_STAGES = r"[a-z]+;dur=[0-9.]+(, [a-z]+;dur=[0-9.]+)*"


class _Header(NamedTuple):
    description: str
    schema: dict[str, Any]
    required: bool = True


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


_HEADERS = {
    "X-Request-Id": _Header("The client's own, or a new one.", _text("[A-Za-z0-9._-]{1,64}")),
    "X-Voice": _Header("The voice that spoke.", _text("[A-Za-z0-9][A-Za-z0-9._-]*")),
    "X-Emotions": _Header("One for each utterance, the first 64.", _text(f"{_EMOTION}(,{_EMOTION}){{0,63}}")),
    "X-Warnings": _Header("Codes of what was done other than asked, each once.", _text(_CODES), required=False),
    "X-Audio-Duration": _Header("Seconds; not with a stream.", {"type": "number", "minimum": 0}, required=False),
    "Server-Timing": _Header("Milliseconds: queue, analyze, acoustic, vocoder, encode.", _text(_STAGES)),
    "Content-Disposition": _Header(
        "A name for the file; not with JSON or events.", _text(r'inline; filename="speech\.[a-z0-9]+"'), required=False
    ),
    "X-Accel-Buffering": _Header("Only with a stream: proxies shall not hold it back.", _text("no"), required=False),
    "Accept-Ranges": _Header("Not with a stream or JSON.", _text("bytes"), required=False),
    "ETag": _Header("Of the whole; not with a stream or JSON.", _text('"[0-9a-f]{32}"'), required=False),
    "Content-Range": _Header("The bytes that are answered, and their whole number.", _text(r"bytes .+/[0-9]+")),
    "Retry-After": _Header("Seconds.", {"type": "integer", "minimum": 1, "maximum": 120}),
    "WWW-Authenticate": _Header("What a key is sent with.", _text("Bearer")),
    "Accept-Encoding": _Header(
        "Only for a coded body: the encoding that it may have.", _text("identity"), required=False
    ),
    "X-Should-Retry": _Header("The answer would be the same; read by OpenAI's clients.", _text("false")),
    "Connection": _Header("The rest of the body is not waited for.", _text("close")),
}
"""Headers of our own; required in the responses that list them, unless marked otherwise."""


def header_components() -> Headers:
    """Return all headers, for `components`."""
    return {name: header._asdict() for name, header in _HEADERS.items()}


def headers(*names: str) -> Headers:
    """Return references to these headers, for a response."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names if name in _HEADERS}


SPEECH_HEADERS = headers(
    "X-Voice",
    "X-Emotions",
    "X-Warnings",
    "X-Audio-Duration",
    "Server-Timing",
    "Content-Disposition",
    "X-Accel-Buffering",
)
RANGE_HEADERS = headers("Accept-Ranges", "ETag")


Responses = dict[int | str, dict[str, Any]]
Errors = tuple[type[IntoneError], ...]

BODY: Errors = (UnreadableBody, BodyTooSlow, BodyTooLarge, UnsupportedMediaType, UnsupportedContentEncoding)
"""Errors of requests that have a body."""
WORK: Errors = (Unauthorized, RateLimited, Busy, NotReady, OverTimeBudget)
"""Errors of requests that consume resources."""
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
"""Errors of requests that contain text to be spoken."""
WHOLE: Errors = (AnswerTooLarge, NoStorage)
"""Errors of responses that are complete before they are sent."""
STREAM: Errors = (TooManyStreams, ReaderTooSlow)
"""Errors of responses that may be streams."""
SPEECH: Errors = (*BODY, *WORK, *TEXT, *STREAM, *WHOLE, NotAcceptable)
"""Errors of requests for speech that have a body."""


class _Form(NamedTuple):
    """Format of error responses."""

    schema: str
    media_type: str
    status: Callable[[IntoneError], int]
    content: Callable[[IntoneError], Mapping[str, Any]]


_OURS = _Form("Problem", PROBLEM_TYPE, lambda error: row_of(error).status, lambda error: problem(error, "0b7c9ad2"))
_OPENAIS = _Form("OpenAiError", "application/json", openai_status, openai_content)


def problems(*kinds: type[IntoneError]) -> Responses:
    """Return error responses in our format: one for each status, with an example for each code."""
    return _answers(_OURS, kinds)


def openai_problems(*kinds: type[IntoneError]) -> Responses:
    """Return error responses in OpenAI's format, for routes below `/v1`."""
    return _answers(_OPENAIS, kinds)


def error_examples() -> dict[str, Any]:
    """Return an example of every error in both formats, for `components`."""
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
