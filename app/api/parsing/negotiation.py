"""Check the media type of a request, and choose that of its response by `format` and `timing`, else by Accept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from app.api.parsing.json import quote_value
from app.audio.encode import DEFAULT_FORMAT, FORMATS, find_format
from app.errors import FieldError, InvalidRequest, NotAcceptable, UnsupportedContentEncoding, UnsupportedMediaType

JSON = "application/json"
PLAIN_TEXT = "text/plain"
SSML = "application/ssml+xml"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
_WITH_TIMES = {JSON: (JSON,), NDJSON: (NDJSON, "application/ndjson"), EVENT_STREAM: (EVENT_STREAM,)}
"""Names in Accept of the media types that hold audio with its times; all but the first are streams."""

MAX_CONTENT_TYPE = 1000
"""Maximum characters of the header Content-Type; real clients send under 200."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*(?:({_TOKEN})[ \t]*(?:=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?)?')
"""Name and value, as a token or a quoted string. RFC 9110 (5.6.6) allows an empty parameter; a name without a value and
white space around the `=` are tolerated."""
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """Parsed Content-Type."""

    name: str
    """In lower case, without parameters."""
    charset: str | None


def parse_media_type(request: Request) -> MediaType:
    """Return the Content-Type. Raise `UnsupportedMediaType` unless speech requests may have it."""
    values = request.headers.getlist("content-type")
    if len(values) > 1:
        raise UnsupportedMediaType("The request has several Content-Types.", hint="Send one.")
    value = values[0].strip() if values else ""
    if len(value) > MAX_CONTENT_TYPE:
        raise UnsupportedMediaType(
            f"The Content-Type has over {MAX_CONTENT_TYPE} characters.", hint=_content_type_hint("")
        )
    name = value.partition(";")[0].strip().lower()
    if name not in (JSON, PLAIN_TEXT, SSML):
        raise UnsupportedMediaType(_unsupported_detail(name), hint=_content_type_hint(name))
    return MediaType(name, _parse_parameters(value).get("charset"))


def _parse_parameters(value: str) -> dict[str, str]:
    """Return the parameters by lower-case name; the first one of each name counts."""
    parameters: dict[str, str] = {}
    place = len(value.partition(";")[0])
    while place < len(value):
        match = _PARAMETER.match(value, place)
        if match is None:
            raise UnsupportedMediaType(
                "The parameters of the Content-Type cannot be read.",
                hint='Write them as name=value or name="value", separated by semicolons.',
            )
        name, token, quoted = match.groups()
        if name and (token is not None or quoted is not None):
            parameters.setdefault(name.lower(), token or _ESCAPED.sub(r"\1", quoted or ""))
        place = match.end()
    return parameters


def refuse_content_encoding(request: Request) -> None:
    """Raise `UnsupportedContentEncoding` for a compressed body, which would be read as the text itself."""
    codings = ",".join(request.headers.getlist("content-encoding")).lower().split(",")
    for coding in map(str.strip, codings):
        if coding not in ("", "identity"):
            raise UnsupportedContentEncoding(
                f"Content-Encoding {quote_value(coding)} is not supported.", hint="Send the body uncompressed."
            )


def _unsupported_detail(name: str) -> str:
    return f"Content-Type {name[:80]!r} is not supported." if name else "The request has no Content-Type."


def _content_type_hint(name: str) -> str:
    if name == "application/x-www-form-urlencoded":
        return f"curl -d sends a form by default: add -H 'Content-Type: {JSON}'."
    return f"Send {JSON}, {PLAIN_TEXT} with the text as the body, or {SSML} with the SSML."


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """Format of a response."""

    format: str
    """Format of the audio, also if the audio is inside JSON or events."""
    timing: bool
    """Whether the response contains the audio and the plan: JSON, or a stream of events."""
    stream: bool = False
    """Whether the audio is sent as it is synthesized."""
    sse: bool = False
    """Whether events are server-sent events instead of lines of JSON."""


def check_format(format: str | None) -> str | None:
    """Return the format in its canonical spelling."""
    if format is None:
        return None
    if row := find_format(format):
        return row.name
    detail = f"{quote_value(format)} is none of {', '.join(FORMATS)}"
    raise InvalidRequest(f"format: {detail}.", fields=[FieldError(detail, "#/format")])


def check_rate(sample_rate: int | None, format: str) -> None:
    """Refuse a sample rate that the format does not support."""
    rates = FORMATS[format].rates
    if sample_rate is not None and rates and sample_rate not in rates:
        detail = f"{format} has no {sample_rate} Hz; it has {', '.join(map(str, rates))}"
        raise InvalidRequest(f"sample_rate: {detail}.", fields=[FieldError(detail, "#/sample_rate")])


def negotiate(format: str | None, timing: bool, stream: bool | None, accept: str) -> ResponseFormat:
    """Return the response format.

    `timing`, `stream` and `format`, already checked, take precedence over the header Accept; None means not given.
    """
    with_times = [kind for kind in _WITH_TIMES if stream is None or stream is (kind != JSON)]
    wanted = _preferred_format(accept, (*FORMATS, *with_times)) if accept.strip() else DEFAULT_FORMAT
    if timing or wanted in with_times:
        is_stream = bool(stream) or wanted in (NDJSON, EVENT_STREAM)
        return ResponseFormat(format or DEFAULT_FORMAT, timing=True, stream=is_stream, sse=wanted == EVENT_STREAM)
    if format or wanted:
        return ResponseFormat(format or wanted or DEFAULT_FORMAT, timing=False, stream=bool(stream))
    offered = ", ".join([*(row.content_type for row in FORMATS.values()), *with_times])
    raise NotAcceptable(f"Accept allows none of {offered}.", hint="Leave Accept away, or choose `format`.")


def _preferred_format(accept: str, offered: tuple[str, ...]) -> str | None:
    """Return the format or media type that Accept prefers; ties go to the first in Accept, then in `offered`."""
    ranges: dict[str, tuple[int, float]] = {}
    parts = filter(str.strip, accept.split(","))
    for place, (name, quality) in enumerate(filter(None, map(_parse_media_range, parts))):
        ranges.setdefault(name, (place, quality))
    ranked = [
        (quality, -place - order / 100, kind)
        for order, kind in enumerate(offered)
        for place, quality in [_match_range(kind, ranges)]
        if quality > 0
    ]
    return max(ranked, key=lambda rank: rank[:2])[2] if ranked else None


def _match_range(kind: str, ranges: dict[str, tuple[int, float]]) -> tuple[int, float]:
    """Return position and quality of the most specific range that matches a possible response."""
    names = _WITH_TIMES[kind] if kind in _WITH_TIMES else FORMATS[kind].accepted
    for group in (names, (f"{names[0].partition('/')[0]}/*",), ("*/*",)):
        if found := [ranges[name] for name in group if name in ranges]:
            return min(found)
    return 0, 0


def _parse_media_range(part: str) -> tuple[str, float] | None:
    """Return name and quality of one media range of the header; None if it is invalid."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((value for key, _, value in (p.partition("=") for p in parameters) if key.strip() == "q"), "1")
    try:
        return (name, float(quality)) if 0 <= float(quality) <= 1 else None
    except ValueError:
        return None
