"""The headers of answers."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.plan import Emotion

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
"""Every header of ours; required where it stands in an answer at all, unless it says otherwise."""


def header_components() -> Headers:
    """All of them, for `components`."""
    return {name: header._asdict() for name, header in _HEADERS.items()}


def headers(*names: str) -> Headers:
    """Some of them, for an answer."""
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
