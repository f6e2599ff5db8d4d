"""Receive and decode the body of a request."""

from __future__ import annotations

import asyncio
import codecs
import encodings
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from encodings.aliases import aliases

from starlette.requests import ClientDisconnect, Request

from app.api.jobs import ClientDisconnected
from app.api.parsing.negotiation import JSON, SSML, MediaType, refuse_content_encoding
from app.errors import BodyTooLarge, BodyTooSlow, Busy, UnreadableBody, UnsupportedMediaType

MAX_BODY_BYTES = 4 * 1024 * 1024
LARGE_BODY_BYTES = 256 * 1024
"""Size above which a body is large: few large bodies are in memory at a time, and fewer are parsed. Texts of the
default maximum length are smaller."""
MAX_LARGE_BODIES = 32
BODY_TIMEOUT = 60.0
"""Maximum seconds for a body to arrive: enough for the largest one over a slow line."""

DEFAULT_CHARSET = "utf-8"
_BOM = "\ufeff"
_BOM_CHARSETS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
"""Charsets by byte order mark; that of UTF-32 begins with that of UTF-16."""
_SPACE = rb"[ \t\r\n]"
_XML_ENCODING = re.compile(
    rb"%b{0,100}<\?xml%b[^?>]{0,80}?encoding%b{0,9}=%b{0,9}[\"']([A-Za-z][A-Za-z0-9._-]{0,39})[\"']" % ((_SPACE,) * 4)
)
"""XML declaration up to the name of its charset; no white space may precede it, but some does."""
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


def decode_body(body: bytes, media: MediaType) -> str:
    """Return the characters of the body, without a byte order mark.

    The charset is that of the Content-Type, else of a byte order mark or an XML declaration, else UTF-8. JSON without a
    charset is UTF-8 (RFC 8259).
    """
    found = None if media.name == JSON else _find_bom(body) or (_find_declared(body) if media.name == SSML else None)
    charset = media.charset or found or DEFAULT_CHARSET
    try:
        return body.decode(_find_codec(charset)).removeprefix(_BOM)
    except LookupError:
        raise UnsupportedMediaType(
            f"The charset {charset[:40]!r} is not supported.", hint="Send UTF-8, UTF-16 or ISO-8859-1."
        ) from None
    except UnicodeDecodeError as error:
        hint = "" if media.charset else "Send UTF-8, or name the charset in the Content-Type."
        raise UnreadableBody(f"Byte {error.start} of the body is not {charset[:40]}.", hint=hint) from None


def _find_bom(body: bytes) -> str | None:
    """Return the charset of the body's byte order mark."""
    return next((charset for mark, charset in _BOM_CHARSETS if body.startswith(mark)), None)


def _find_declared(body: bytes) -> str | None:
    """Return the charset that an XML declaration names.

    The declaration is read as ASCII, so a charset whose bytes are not those of ASCII cannot be right: .NET declares
    UTF-16 in documents that it then sends as UTF-8.
    """
    match = _XML_ENCODING.match(body)
    if match is None:
        return None
    charset = match[1].decode("ascii")
    try:
        is_right = match[0].decode(_find_codec(charset)) == match[0].decode("ascii")
    except UnicodeDecodeError:
        is_right = False
    except LookupError:
        is_right = True  # refused by name
    return charset if is_right else None


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
