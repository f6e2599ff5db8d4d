"""Exchange bytes with the service: raw requests, and what came back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ANSWER_SECONDS = 60.0
"""Seconds after which a response counts as missing; none of the generated requests takes more than a few."""
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
        head = self.head.lower()
        if b"transfer-encoding: chunked" in head:
            return self.body.endswith(b"0\r\n\r\n")
        _, found, rest = head.partition(b"content-length: ")
        return not found or len(self.body) == int(rest.split(b"\r\n")[0])

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
    received = b""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(data)
                while part := await reader.read(2**20):
                    received += part
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        pass
    return parse_answer(received)


def parse_answer(received: bytes) -> Answer:
    """Parse a response, after the interim ones (100 Continue)."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or not head.startswith(b"HTTP/1.1 "):
        return Answer(0, head)
    status = int(head[9:12])
    return parse_answer(body) if status < 200 else Answer(status, head, body)
