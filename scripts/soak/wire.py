"""Exchange bytes with the service: raw requests, and what came back."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead
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
    is_complete: bool = True
    """Whether the body has its declared length, or its last chunk."""

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


class Received(io.BytesIO):
    """Bytes that `HTTPResponse` reads as if they came from a socket."""

    def makefile(self, _mode: str) -> Received:
        """Return the file to read from."""
        return self


def parse_answer(received: bytes) -> Answer:
    """Parse a response, after the interim ones (100 Continue); bytes after it are left out."""
    source = Received(received)
    response = HTTPResponse(source)  # type: ignore[arg-type]
    try:
        response.begin()
    except HTTPException:
        return Answer(0, received)
    head = received[: source.tell()]
    if not head.endswith(b"\r\n\r\n"):
        return Answer(0, head)
    try:
        return Answer(response.status, head, response.read())
    except IncompleteRead as error:
        return Answer(response.status, head, error.partial, is_complete=False)
