"""The bytes of a request: its media type, its size, its characters."""

from __future__ import annotations

import asyncio
import codecs
from dataclasses import dataclass
from email.message import Message

from starlette.requests import ClientDisconnect, Request

from app.api.work import ClientGone
from app.errors import BodyTooLarge, BodyTooSlow, UnreadableBody, UnsupportedMediaType

MAX_BODY_BYTES = 4 * 1024 * 1024
BODY_SECONDS = 60.0
"""That a body may take to arrive: enough for the largest one over a slow line."""

JSON = "application/json"
PLAIN = "text/plain"
SSML = "application/ssml+xml"

_BOM = "\ufeff"
_NOT_FOR_TEXT = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"})
"""Codecs of Python that are no character sets of documents; some take very long on long input."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A Content-Type, taken apart."""

    name: str
    """In small letters, without parameters."""
    charset: str | None


def media_type(request: Request) -> MediaType:
    """The Content-Type, if it is one that speech requests come in."""
    value = request.headers.get("content-type", "")
    header = Message()
    header["content-type"] = value
    # The header's own default for nonsense is text/plain, which would let the nonsense pass.
    name = value.partition(";")[0].strip().lower()
    if name not in (JSON, PLAIN, SSML):
        raise UnsupportedMediaType(_unsupported(name), hint=_hint(name))
    charset = header.get_param("charset")
    return MediaType(name, charset if isinstance(charset, str) else None)


def _unsupported(name: str) -> str:
    return f"Content-Type {name[:80]!r} is not supported." if name else "The request has no Content-Type."


def _hint(name: str) -> str:
    if name == "application/x-www-form-urlencoded":
        return f"curl -d sends a form unless told otherwise: add -H 'Content-Type: {JSON}'."
    return f"Send {JSON}, {PLAIN} with the text as the body, or {SSML} with the SSML."


async def read_body(request: Request, seconds: float = BODY_SECONDS) -> bytes:
    """The whole body; one over the limit is refused as soon as that is known, whatever Content-Length says."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 15 or int(declared) > MAX_BODY_BYTES):
        raise _too_large()
    try:
        async with asyncio.timeout(seconds):
            return await _receive(request)
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {seconds:g} seconds.", hint="Send it again.") from None
    except ClientDisconnect:
        raise ClientGone from None


async def _receive(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
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
    """Python's name of the charset; LookupError where it is none."""
    try:
        name = codecs.lookup(charset).name
    except ValueError:
        name = "undefined"
    if name.replace("_", "-") in _NOT_FOR_TEXT:
        raise LookupError(name)
    return name


def without_bom(text: str) -> str:
    """A byte order mark in front of a text is no part of it."""
    return text.removeprefix(_BOM)
