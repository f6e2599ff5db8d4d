"""Read events of the Wyoming protocol with bounded lengths, and encode events.

An event is a line of JSON (the header), then `data_length` bytes of JSON, then `payload_length` bytes. The reader of
the package `wyoming` accepts any lengths, and takes what is not an event for the end of the connection.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from wyoming.error import Error
from wyoming.event import Event

from app.api.errors import redact_error
from app.api.parsing.body import read_json
from app.errors import BodyTooLarge, IntoneError, InvalidRequest, UnreadableBody

MAX_HEADER_BYTES = 64 * 1024
"""Maximum bytes of a header, which may contain the data; the default limit of asyncio's streams."""
MAX_DATA_BYTES = 256 * 1024
"""Maximum bytes of the data: more than a text of the default maximum length takes, every character escaped."""
MAX_PAYLOAD_BYTES = 1024 * 1024
"""Maximum bytes of a payload, which no event that speech needs has; it is received and dropped."""
_BLOCK_BYTES = 64 * 1024

_HINT = "Send a long text in several events synthesize-chunk."


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """Return the next event without its payload, or None if the connection ends before the end of an event.

    The reader's limit must be MAX_HEADER_BYTES. Raise `UnreadableBody`, `InvalidRequest` or `BodyTooLarge` for what is
    no acceptable event; what follows it cannot be read either.
    """
    try:
        header = _parse_object(await reader.readuntil(b"\n"))
        data_bytes = _read_length(header, "data_length", MAX_DATA_BYTES)
        payload_bytes = _read_length(header, "payload_length", MAX_PAYLOAD_BYTES)
        data = header.get("data") or {}
        if not isinstance(header.get("type"), str) or not isinstance(data, dict):
            raise InvalidRequest("An event needs a type, a string, and its data must be an object.")
        if data_bytes:
            data = {**data, **_parse_object(await reader.readexactly(data_bytes))}
        for start in range(0, payload_bytes, _BLOCK_BYTES):
            await reader.readexactly(min(_BLOCK_BYTES, payload_bytes - start))
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise BodyTooLarge(f"The header of an event is over {MAX_HEADER_BYTES} bytes.", hint=_HINT) from None
    return Event(header["type"], data)


def _parse_object(line: bytes) -> dict[str, Any]:
    try:
        value = read_json(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableBody("The event is not UTF-8.") from None
    if not isinstance(value, dict):
        raise UnreadableBody("The event is not a JSON object.")
    return value


def _read_length(header: Mapping[str, Any], name: str, most: int) -> int:
    """Return a length in a header, 0 if it is missing."""
    length = header.get(name) or 0
    if not isinstance(length, int) or length < 0:
        raise InvalidRequest(f"{name} must be a number of bytes.")
    if length > most:
        raise BodyTooLarge(f"{name} is over {most}.", hint=_HINT)
    return length


def encode_event(event: Event) -> bytes:
    """Return the bytes of an event."""
    header: dict[str, Any] = {"type": event.type}
    data = json.dumps(event.data, allow_nan=False).encode() if event.data else b""
    payload = event.payload or b""
    if data:
        header["data_length"] = len(data)
    if payload:
        header["payload_length"] = len(payload)
    return json.dumps(header).encode() + b"\n" + data + payload


def make_error_event(error: IntoneError) -> Event:
    """Return the event that reports an error; Home Assistant shows its text and its code."""
    shown = redact_error(error)
    return Error(text=f"{shown.detail} {shown.hint or shown.remedy}", code=error.code).event()
