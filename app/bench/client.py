"""One request over HTTP, and when its audio began to arrive."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Self

from app.errors import SetupError

PATIENCE = 900
"""Seconds until an answer that does not come counts as missing."""
WAV_HEADER = 44
"""Bytes; what follows is sound."""
SHOWN = 160
"""Bytes of an answer that is an error."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server on this machine."""

    path: str
    fields: Mapping[str, Any] | None = None
    """The JSON body of a POST; without one it is a GET."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and its times, in seconds since the request was sent."""

    body: bytes
    first_audio: float
    seconds: float


class Client:
    """One connection, kept between its requests."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, request: Request) -> Answer:
        """Send a request; every answer but a 200 is an error."""
        began = time.perf_counter()
        try:
            if request.fields is None:
                self._connection.request("GET", request.path)
            else:
                body = json.dumps(request.fields).encode()
                self._connection.request("POST", request.path, body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            head = response.read(WAV_HEADER + 1)
            first_audio = time.perf_counter() - began
            rest = response.read()
            seconds = time.perf_counter() - began
        except (OSError, HTTPException) as error:
            raise SetupError(f"{_place(request)} was not answered: {error!r}.") from None
        if response.status != 200:
            said = (head + rest)[:SHOWN].decode(errors="replace")
            raise SetupError(f"{_place(request)} was answered {response.status}: {said}")
        return Answer(head + rest, first_audio, seconds)


def ask(port: int, request: Request) -> Answer:
    """Send a request on a connection of its own."""
    with Client(port) as client:
        return client.ask(request)


def _place(request: Request) -> str:
    """The path without the text that may follow it."""
    return request.path.partition("?")[0]
