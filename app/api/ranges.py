"""Parts of an answer that is there as a whole (RFC 9110, 14): Safari plays no audio without them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from app.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)

_MOST_DIGITS = 18
"""Of a position: more than any size has."""


def ranged(
    response_body: bytes, headers: Mapping[str, str], range_header: str | None, if_range: str | None
) -> Response:
    """206 with the asked bytes; the whole (200) where one range of bytes was not asked for, or not of this answer.

    `headers` are those of the whole, its Content-Type and, if it has one, its ETag among them. Raises
    RangeNotSatisfiable for a range behind the end.
    """
    all_headers = MutableHeaders({**headers, "Accept-Ranges": "bytes"})
    part = _part(range_header or "", len(response_body)) if _same(if_range, all_headers.get("etag")) else None
    if part is None:
        return Response(response_body, headers=all_headers)
    all_headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(response_body)}"
    return Response(response_body[part.start : part.stop], 206, all_headers)


def _same(if_range: str | None, etag: str | None) -> bool:
    """Whether the client has parts of the same bytes; a weak tag or a date does not say so."""
    return if_range is None or (if_range == etag and not if_range.startswith("W/"))


def _part(header: str, size: int) -> slice | None:
    """The asked part; None where there is no range, several, or one that makes no sense."""
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", "") or not size:
        return None
    first, last = map(_position, match.groups())
    if first is None:
        first, last = max(0, size - (last or 0)), None
    elif last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(f"The audio has {size} bytes.", hint="Ask for a range inside of it.", size=size)
    return slice(first, size if last is None else min(last + 1, size))


def _position(digits: str) -> int | None:
    """Leading zeros do not count, and neither does what is behind the end of any file."""
    return int(digits.lstrip("0")[:_MOST_DIGITS] or "0") if digits else None
