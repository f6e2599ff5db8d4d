"""Parts of an answer that is there as a whole (RFC 9110, 14): Safari plays no audio without them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders

from app.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)

_MOST_DIGITS = 18
"""Of a position: more than any size has."""


@dataclass(frozen=True, slots=True)
class Ranged:
    """What is answered of a whole."""

    status: int
    headers: MutableHeaders
    part: slice
    """The bytes."""


def ranged(size: int, headers: Mapping[str, str], range_header: str | None, if_range: str | None) -> Ranged:
    """206 with the requested bytes; the whole (200) if one range of bytes was not requested, or not of this answer.

    `size` and `headers` are those of the whole, its Content-Type and, if it has one, its ETag among them. Raises
    RangeNotSatisfiable for a range after the end.
    """
    all_headers = MutableHeaders({**headers, "Accept-Ranges": "bytes"})
    part = _part(range_header or "", size) if _same(if_range, all_headers.get("etag")) else None
    if part is None:
        return Ranged(200, all_headers, slice(0, size))
    all_headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    all_headers["Content-Length"] = str(part.stop - part.start)
    return Ranged(206, all_headers, part)


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
