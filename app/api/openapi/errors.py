"""Describe responses with JSON, and errors: their statuses, headers and schemas, derived from the table of errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.api.errors import PROBLEM_TYPE, choose_openai_status, make_openai_content, make_problem
from app.errors import ERRORS, IntoneError, NotAcceptable
from app.types import Emotion

Headers = dict[str, dict[str, Any]]

_EMOTION = f"({'|'.join(Emotion)})"
_STAGES = r"[a-z]+;dur=[0-9.]+(, [a-z]+;dur=[0-9.]+)*"


_HEADERS: Mapping[str, tuple[str, str | Mapping[str, Any]]] = {
    "X-Request-Id": ("The client's own, or a new one.", "[A-Za-z0-9._-]{1,64}"),
    "X-Voice": ("The voice that spoke.", "[A-Za-z0-9][A-Za-z0-9._-]*"),
    "X-Emotions": (
        "One for each utterance, the first 64; of a stream those that are planned when it begins.",
        f"{_EMOTION}(,{_EMOTION}){{0,63}}",
    ),
    "X-Warnings": ("Codes of deviations from the request, each once.", "[a-z_]+(,[a-z_]+)*"),
    "X-Audio-Duration": ("Seconds; not with a stream.", {"type": "number", "minimum": 0}),
    "Server-Timing": ("Milliseconds: queue, analyze, acoustic, vocoder, encode.", _STAGES),
    "Content-Disposition": ("A name for the file; not with JSON or events.", r'inline; filename="speech\.[a-z0-9]+"'),
    "X-Accel-Buffering": ("Only with a stream: proxies shall not hold it back.", "no"),
    "Accept-Ranges": ("Not with a stream or JSON.", "bytes"),
    "ETag": ("Only with a seed, which a GET always has; not with events.", '"[0-9a-f]{32}"'),
    "Vary": ("Request headers that affect the response.", "Accept(, Origin)?"),
    "Content-Range": ("First and last byte of the response, and the size of the whole.", "bytes .+/[0-9]+"),
    "Retry-After": ("Seconds.", {"type": "integer", "minimum": 1, "maximum": 120}),
    "WWW-Authenticate": ("What a key is sent with.", "Bearer"),
    "Accept-Encoding": ("Only for a coded body: the encoding that it may have.", "identity"),
    "X-Should-Retry": ("The answer would be the same; read by OpenAI's clients.", "false"),
    "Connection": ("The rest of the body is not waited for.", "close"),
}
"""Headers of our own, each with its description, and its pattern or schema."""
_OPTIONAL_HEADERS = {
    *("X-Warnings", "X-Audio-Duration", "Content-Disposition", "X-Accel-Buffering"),
    *("Accept-Ranges", "ETag", "Vary", "Accept-Encoding"),
}
"""Headers that the responses which list them need not have."""


def describe_headers() -> Headers:
    """Return all headers, for `components`."""
    return {
        name: {
            "description": description,
            "schema": {"type": "string", "pattern": f"^{form}$"} if isinstance(form, str) else form,
            "required": name not in _OPTIONAL_HEADERS,
        }
        for name, (description, form) in _HEADERS.items()
    }


def refer_to_headers(*names: str) -> Headers:
    """Return references to these headers, for a response."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names if name in _HEADERS}


SPEECH_HEADERS = refer_to_headers(
    "X-Voice",
    "X-Emotions",
    "X-Warnings",
    "X-Audio-Duration",
    "Server-Timing",
    "Content-Disposition",
    "X-Accel-Buffering",
    "ETag",
)
CACHE_HEADERS = refer_to_headers("ETag", "Vary")


Responses = dict[int | str, dict[str, Any]]


def describe_json(kind: type[Any], description: str = "Successful Response", **more: Any) -> Responses:
    """Return the response 200 of a route: the JSON of a type of the document, and further fields of OpenAPI."""
    content = {"application/json": {"schema": refer_to_schema(kind.__name__)}}
    return {200: {"description": description, "content": content, **more}}


def refer_to_schema(name: str) -> dict[str, str]:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


Errors = tuple[type[IntoneError], ...]


def list_errors(*groups: str) -> Errors:
    """Return the errors of some groups, for a route that can raise them."""
    return tuple(kind for group in groups for kind in ERRORS if kind.group == group)


SPEECH_ERRORS: Errors = (*list_errors("body", "work", "text", "stream", "complete"), NotAcceptable)
"""Errors of requests for speech that have a body."""


class _ErrorFormat(NamedTuple):
    """Format of error responses."""

    schema: str
    media_type: str
    status: Callable[[IntoneError], int]
    content: Callable[[IntoneError], Mapping[str, Any]]


_PROBLEM_FORMAT = _ErrorFormat(
    "Problem", PROBLEM_TYPE, lambda error: error.status, lambda error: make_problem(error, "0b7c9ad2")
)
_OPENAI_FORMAT = _ErrorFormat("OpenAiError", "application/json", choose_openai_status, make_openai_content)


def describe_problems(*kinds: type[IntoneError]) -> Responses:
    """Return error responses in our format: one for each status, with an example for each code."""
    return _describe_errors(_PROBLEM_FORMAT, kinds)


def describe_openai_errors(*kinds: type[IntoneError]) -> Responses:
    """Return error responses in OpenAI's format, for routes below `/v1`."""
    return _describe_errors(_OPENAI_FORMAT, kinds)


def make_error_examples() -> dict[str, Any]:
    """Return an example of every error in both formats, for `components`."""
    return {
        f"{form.schema}.{kind.code}": {"summary": kind.title, "value": form.content(_make_example(kind))}
        for form in (_PROBLEM_FORMAT, _OPENAI_FORMAT)
        for kind in ERRORS
    }


def _describe_errors(form: _ErrorFormat, kinds: Errors) -> Responses:
    of_status: dict[int, list[IntoneError]] = {}
    for error in map(_make_example, kinds):
        of_status.setdefault(form.status(error), []).append(error)
    return {status: _describe_error(form, errors) for status, errors in sorted(of_status.items())}


def _describe_error(form: _ErrorFormat, errors: list[IntoneError]) -> dict[str, Any]:
    content = {
        "schema": refer_to_schema(form.schema),
        "examples": {one.code: {"$ref": f"#/components/examples/{form.schema}.{one.code}"} for one in errors},
    }
    return {
        "description": "; ".join(one.title for one in errors),
        "headers": refer_to_headers(*(name for error in errors for name in error.headers)),
        "content": {form.media_type: content},
    }


def _make_example(kind: type[IntoneError]) -> IntoneError:
    return kind((kind.__doc__ or "").partition("; ")[0], hint="…")
