"""Exchange bytes with the service: raw requests, and what came back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

ANSWER_SECONDS = 120.0
"""Seconds after which a response counts as missing; none of the generated requests takes more than a few."""
Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
INJECTED = "X-Injected: yes"
"""Header that requests try to make the service send."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Response to a request with `Connection: close`."""

    status: int
    """0 if there is none."""
    head: bytes = b""
    body: bytes = b""
    """As received: possibly in chunks."""

    @property
    def is_complete(self) -> bool:
        """Whether the body has its declared length, or its last chunk."""
        if self.is_chunked:
            return self.body.endswith(b"0\r\n\r\n")
        length = _read_length(self.head.lower())
        return length is None or len(self.body) == length

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return b"transfer-encoding: chunked" in self.head.lower()

    @property
    def content(self) -> bytes:
        """The body of a complete response, with its chunks joined."""
        if not self.is_chunked:
            return self.body
        parts, rest = [], self.body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            end = int(size, 16)
            parts.append(rest[:end])
            rest = rest[end + 2 :]
        return b"".join(parts)

    @property
    def code(self) -> str | None:
        """Code of an error in our form or OpenAI's; None if the body is no error."""
        try:
            content: Any = json.loads(self.body)
            return str(content["error"]["code"] if "error" in content else content["code"])
        except (ValueError, LookupError, TypeError):
            return None


def write_request(method: str, path: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return the bytes of a request; headers replace the usual ones of the same name."""
    given = {name.lower() for name, _ in headers}
    usual = (("Host", "localhost"), ("Connection", "close"), ("Content-Length", str(len(body))))
    lines = [f"{name}: {value}" for name, value in (*(one for one in usual if one[0].lower() not in given), *headers)]
    return "\r\n".join((f"{method} {path} HTTP/1.1", *lines, "", "")).encode("utf-8", "surrogateescape") + body


async def exchange(port: int, data: bytes, seconds: float = ANSWER_SECONDS) -> Answer:
    """Send bytes on a new connection, and read until the service closes it."""
    received = await converse(lambda: asyncio.open_connection("127.0.0.1", port), data, seconds)
    return parse_answer(received or b"")


async def converse(
    connect: Callable[[], Awaitable[Streams]], data: bytes, seconds: float = ANSWER_SECONDS, *, leaves: bool = False
) -> bytes | None:
    """Send bytes on a new connection, and return all that comes until the service closes it; None if it does not.

    A client that `leaves` closes the connection at the first byte, and gets nothing.
    """
    received = bytearray()
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await connect()
            try:
                writer.write(data)
                while part := await reader.read(2**20):
                    if leaves:
                        return b""
                    received += part
            finally:
                writer.transport.abort()
    except OSError:
        pass  # the service has reset the connection
    except TimeoutError:
        return None
    return bytes(received)


def parse_answer(received: bytes) -> Answer:
    """Parse a response, after the interim ones (100 Continue)."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or not head.startswith(b"HTTP/1.1 "):
        return Answer(0, head)
    status = int(head[9:12])
    # Bytes after the request may be taken for a second one, and answered, too.
    return parse_answer(body) if status < 200 else Answer(status, head, body[: _read_length(head.lower())])


def _read_length(head: bytes) -> int | None:
    """Return the Content-Length in a head in small letters."""
    _, found, rest = head.partition(b"content-length: ")
    return int(rest.split(b"\r\n")[0]) if found else None
