"""Receive and decode the body of a request."""

from __future__ import annotations

import asyncio
import encodings
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from encodings.aliases import aliases

from starlette.requests import ClientDisconnect, Request

from app.api.jobs import ClientDisconnected
from app.api.parsing.negotiation import refuse_content_encoding
from app.errors import BodyTooLarge, BodyTooSlow, Busy, UnreadableBody

MAX_BODY_BYTES = 4 * 1024 * 1024
LARGE_BODY_BYTES = 256 * 1024
"""Size above which a body is large: few large bodies are in memory at a time, and fewer are parsed. Texts of the
default maximum length are smaller."""
MAX_LARGE_BODIES = 32
BODY_TIMEOUT = 60.0
"""Maximum seconds for a body to arrive: enough for the largest one over a slow line."""

_BOM = "\ufeff"
_NON_TEXT_CODECS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
"""Python codecs that are not character sets of documents; some are very slow for long input."""
_CODECS = frozenset(module.name for module in pkgutil.iter_modules(encodings.__path__)) - _NON_TEXT_CODECS
"""Python codecs of character sets, by module name."""


class LargeBodyLimit:
    """Limit on the number of large bodies in memory that are not parsed yet."""

    def __init__(self, most: int = MAX_LARGE_BODIES) -> None:
        self._free = most

    @contextmanager
    def place(self) -> Iterator[Callable[[], None]]:
        """Yield a function that takes a place, or raises `Busy`; free the place at the end.

        Further calls of the function do nothing.
        """
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
    request: Request, seconds: float = BODY_TIMEOUT, take_place: Callable[[], None] = lambda: None
) -> bytes:
    """Receive the whole body; refuse it as soon as it is known to exceed the limit, regardless of Content-Length.

    `take_place` is called when the bytes received make the body a large one.
    """
    refuse_content_encoding(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:15]) > MAX_BODY_BYTES:
        raise _body_too_large()
    try:
        async with asyncio.timeout(seconds):
            return await _receive(request, take_place)
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {seconds:g} seconds.", hint="Send it again.") from None
    except ClientDisconnect:
        raise ClientDisconnected from None


async def _receive(request: Request, take_place: Callable[[], None]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _body_too_large()
        if len(body) > LARGE_BODY_BYTES:
            take_place()
    return bytes(body)


def _body_too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body is over {MAX_BODY_BYTES} bytes.", hint="Send the text in parts.")


async def wait_for_disconnect(request: Request) -> None:
    """Return when the client has closed the connection; await it only after the body is read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def decode_body(body: bytes, charset: str | None) -> str:
    """Return the characters of the body, without a byte order mark."""
    charset = charset or "utf-8"
    try:
        return body.decode(_find_codec(charset)).removeprefix(_BOM)
    except LookupError:
        raise UnreadableBody(f"The charset {charset[:40]!r} is unknown.", hint="Send UTF-8.") from None
    except UnicodeDecodeError as error:
        raise UnreadableBody(
            f"Byte {error.start} of the body is not {charset[:40]}.",
            hint="Send UTF-8, or name the charset in the Content-Type.",
        ) from None


def _find_codec(charset: str) -> str:
    """Return Python's name of the charset. Raise LookupError for an unknown one.

    Only existing codecs are looked up, because Python caches every other name forever.
    """
    name = encodings.normalize_encoding(charset).lower()
    name = aliases.get(name, name)
    if not charset.isascii() or name not in _CODECS:
        raise LookupError(name)
    return name


def strip_bom(text: str) -> str:
    """Return the text without a leading byte order mark."""
    return text.removeprefix(_BOM)
