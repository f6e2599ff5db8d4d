"""The bytes of a request: how they are received, and decoded."""

from __future__ import annotations

import asyncio
import encodings
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from encodings.aliases import aliases

from starlette.requests import ClientDisconnect, Request

from app.api.jobs import ClientGone
from app.api.parsing.negotiation import refuse_content_encoding
from app.errors import BodyTooLarge, BodyTooSlow, Busy, UnreadableBody

MAX_BODY_BYTES = 4 * 1024 * 1024
LARGE_BODY_BYTES = 256 * 1024
"""A body over it is large: few are in memory at a time, and fewer are parsed. Texts of the default length are below."""
MOST_LARGE_BODIES = 32
BODY_SECONDS = 60.0
"""That a body may take to arrive: enough for the largest one over a slow line."""

_BOM = "\ufeff"
_NOT_FOR_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
"""Codecs of Python that are no character sets of documents; some take very long on long input."""
_CODECS = frozenset(module.name for module in pkgutil.iter_modules(encodings.__path__)) - _NOT_FOR_TEXT
"""Codecs of Python, by their modules."""


class LargeBodies:
    """Bounds how many large bodies are in memory until they are parsed."""

    def __init__(self, most: int = MOST_LARGE_BODIES) -> None:
        self._free = most

    @contextmanager
    def place(self) -> Iterator[Callable[[], None]]:
        """Yield what takes a place, or raises `Busy`; called again it does nothing. At the end the place is free."""
        taken = False

        def take() -> None:
            nonlocal taken
            if not (taken or self._free):
                raise Busy("Too many large bodies are being read.", hint="Try again after the seconds in Retry-After.")
            self._free -= not taken
            taken = True

        try:
            yield take
        finally:
            self._free += taken


async def read_body(
    request: Request, seconds: float = BODY_SECONDS, take_place: Callable[[], None] = lambda: None
) -> bytes:
    """Receive the whole body; refuse one over the limit as soon as that is known, whatever Content-Length says.

    `take_place` is called when so much has arrived that the body is large.
    """
    refuse_content_encoding(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:15]) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(seconds):
            return await _receive(request, take_place)
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {seconds:g} seconds.", hint="Send it again.") from None
    except ClientDisconnect:
        raise ClientGone from None


async def _receive(request: Request, take_place: Callable[[], None]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
        if len(body) > LARGE_BODY_BYTES:
            take_place()
    return bytes(body)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body is over {MAX_BODY_BYTES} bytes.", hint="Send the text in parts.")


async def until_gone(request: Request) -> None:
    """Returns when the client has closed the connection; to be awaited once the body is read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def decode(body: bytes, charset: str | None) -> str:
    """The characters of the body, without a byte order mark."""
    charset = charset or "utf-8"
    try:
        return body.decode(_codec(charset)).removeprefix(_BOM)
    except LookupError:
        raise UnreadableBody(f"The charset {charset[:40]!r} is unknown.", hint="Send UTF-8.") from None
    except UnicodeDecodeError as error:
        raise UnreadableBody(
            f"Byte {error.start} of the body is not {charset[:40]}.",
            hint="Send UTF-8, or name the charset in the Content-Type.",
        ) from None


def _codec(charset: str) -> str:
    """Return Python's name of the charset. Raise LookupError for an unknown one.

    Python itself is only asked for codecs that exist: it remembers every other name for ever.
    """
    name = encodings.normalize_encoding(charset).lower()
    name = aliases.get(name, name)
    if not charset.isascii() or name not in _CODECS:
        raise LookupError(name)
    return name


def without_bom(text: str) -> str:
    """A byte order mark in front of a text is no part of it."""
    return text.removeprefix(_BOM)
