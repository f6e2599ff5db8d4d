"""Choose the media type of a response by `format` and `timing`, else by Accept."""

from __future__ import annotations

from dataclasses import dataclass

from app.api.parsing.body import JSON
from app.audio.encode import DEFAULT_FORMAT, FORMATS, find_format
from app.errors import FieldError, InvalidRequest, NotAcceptable, quote_value

NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
_WITH_TIMES = {JSON: (JSON,), NDJSON: (NDJSON, "application/ndjson"), EVENT_STREAM: (EVENT_STREAM,)}
"""Names in Accept of the media types that hold audio with its times; all but the first are streams."""


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
    raise InvalidRequest.from_fields([FieldError.at(detail, "format")])


def check_rate(sample_rate: int | None, format: str) -> None:
    """Refuse a sample rate that the format does not support."""
    rates = FORMATS[format].rates
    if sample_rate is not None and rates and sample_rate not in rates:
        detail = f"{format} has no {sample_rate} Hz; it has {', '.join(map(str, rates))}"
        raise InvalidRequest.from_fields([FieldError.at(detail, "sample_rate")])


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
