"""Receive, decode and parse the body of a request."""

from __future__ import annotations

import asyncio
import codecs
import encodings
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from encodings.aliases import aliases
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from app.api.jobs import ClientDisconnected
from app.errors import (
    BodyTooLarge,
    BodyTooSlow,
    Busy,
    FieldError,
    InvalidRequest,
    UnreadableBody,
    UnsupportedContentEncoding,
    UnsupportedMediaType,
    quote_value,
)

JSON = "application/json"
PLAIN_TEXT = "text/plain"
SSML = "application/ssml+xml"
MAX_CONTENT_TYPE = 1000
"""Maximum characters of the header Content-Type; real clients send under 200."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*(?:({_TOKEN})[ \t]*(?:=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?)?')
"""Name and value, as a token or a quoted string. RFC 9110 (5.6.6) allows an empty parameter; a name without a value and
white space around the `=` are tolerated."""
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """Parsed Content-Type."""

    name: str
    """In lower case, without parameters."""
    charset: str | None


def parse_media_type(request: Request) -> MediaType:
    """Return the Content-Type. Raise `UnsupportedMediaType` unless speech requests may have it."""
    values = request.headers.getlist("content-type")
    if len(values) > 1:
        raise UnsupportedMediaType("The request has several Content-Types.", hint="Send one.")
    value = values[0].strip() if values else ""
    if len(value) > MAX_CONTENT_TYPE:
        raise UnsupportedMediaType(
            f"The Content-Type has over {MAX_CONTENT_TYPE} characters.", hint=_content_type_hint("")
        )
    name = value.partition(";")[0].strip().lower()
    if name not in (JSON, PLAIN_TEXT, SSML):
        raise UnsupportedMediaType(_unsupported_detail(name), hint=_content_type_hint(name))
    return MediaType(name, _parse_parameters(value).get("charset"))


def _parse_parameters(value: str) -> dict[str, str]:
    """Return the parameters by lower-case name; the first one of each name counts."""
    parameters: dict[str, str] = {}
    place = len(value.partition(";")[0])
    while place < len(value):
        match = _PARAMETER.match(value, place)
        if match is None:
            raise UnsupportedMediaType(
                "The parameters of the Content-Type cannot be read.",
                hint='Write them as name=value or name="value", separated by semicolons.',
            )
        name, token, quoted = match.groups()
        if name and (token is not None or quoted is not None):
            parameters.setdefault(name.lower(), token or _ESCAPED.sub(r"\1", quoted or ""))
        place = match.end()
    return parameters


def refuse_content_encoding(request: Request) -> None:
    """Raise `UnsupportedContentEncoding` for a compressed body, which would be read as the text itself."""
    codings = ",".join(request.headers.getlist("content-encoding")).lower().split(",")
    for coding in map(str.strip, codings):
        if coding not in ("", "identity"):
            raise UnsupportedContentEncoding(
                f"Content-Encoding {quote_value(coding)} is not supported.", hint="Send the body uncompressed."
            )


def _unsupported_detail(name: str) -> str:
    return f"Content-Type {name[:80]!r} is not supported." if name else "The request has no Content-Type."


def _content_type_hint(name: str) -> str:
    if name == "application/x-www-form-urlencoded":
        return f"curl -d sends a form by default: add -H 'Content-Type: {JSON}'."
    return f"Send {JSON}, {PLAIN_TEXT} with the text as the body, or {SSML} with the SSML."


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
    request: Request,
    seconds: float = BODY_TIMEOUT,
    take_place: Callable[[], None] = lambda: None,
    limit: int = MAX_BODY_BYTES,
) -> bytes:
    """Receive the whole body; refuse it as soon as it is known to exceed the limit, regardless of Content-Length.

    `take_place` is called when the bytes received make the body a large one.
    """
    refuse_content_encoding(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:15]) > limit:
        raise _body_too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _receive(request, take_place, limit)
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {seconds:g} seconds.", hint="Send it again.") from None
    except ClientDisconnect:
        raise ClientDisconnected from None


async def _receive(request: Request, take_place: Callable[[], None], limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _body_too_large(limit)
        if len(body) > LARGE_BODY_BYTES:
            take_place()
    return bytes(body)


def _body_too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is over {limit} bytes.", hint="Send the text in parts.")


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
        text = body.decode(_find_codec(charset))
        text.encode()  # fails for lone surrogates, which UTF-7 can represent
    except LookupError:
        raise UnsupportedMediaType(
            f"The charset {charset[:40]!r} is not supported.", hint="Send UTF-8, UTF-16 or ISO-8859-1."
        ) from None
    except UnicodeError as error:
        hint = "" if media.charset else "Send UTF-8, or name the charset in the Content-Type."
        place = f"Byte {error.start} of the body" if isinstance(error, UnicodeDecodeError) else "The body"
        raise UnreadableBody(f"{place} is not {charset[:40]}.", hint=hint) from None
    return strip_bom(text)


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


_MAX_INTEGER_DIGITS = 300
"""Maximum digits; longer integers are out of the range of every field, and slow to convert."""

MAX_NAMES = 500
"""Maximum in one object; an utterance of a plan has under 30, a blend at most one for each name of an emotion, and
a lexicon 500."""
MAX_VALUES = 500_000
"""Maximum in one body; no plan that fits into the largest body has as many. Small values such as `[]` take far more
memory than their characters."""

_SEPARATORS = ",[{"
"""Characters that precede or begin each value but the first. Those within strings are counted too: to be refused, one
in eight characters of the largest body would have to be one, which no natural text has."""


def read_json(text: str) -> Any:
    """Parse a JSON body.

    Refuse invalid JSON (such as NaN), duplicate names, excessive nesting, and more names or values than any request
    needs: each costs a hundred bytes of memory here, and a thousand if it is invalid.
    """
    if sum(map(text.count, _SEPARATORS)) > MAX_VALUES:
        raise InvalidRequest(f"The body has over {MAX_VALUES} values.", hint="Send the text in parts.")
    try:
        data = json.loads(
            text, object_pairs_hook=_refuse_duplicates, parse_int=_parse_integer, parse_constant=_refuse_constant
        )
        # Only an escape can be half of a pair.
        broken = [name for name in data if _has_surrogate(data[name])] if "\\u" in text and type(data) is dict else []
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"The body is not JSON: {error.msg} ({place}).", hint="Check the quotes.") from None
    except RecursionError:
        raise UnreadableBody("The body is nested too deeply.") from None
    if broken:
        detail = "holds half of a surrogate pair, which is no character"
        raise InvalidRequest.from_fields([FieldError.at(detail, name) for name in broken])
    return data


def _has_surrogate(value: Any) -> bool:
    """Return whether a value contains a lone surrogate, which JSON can represent and UTF-8 cannot encode."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_NAMES:
        raise InvalidRequest(
            f"An object has {len(pairs)} names, the most is {MAX_NAMES}.", hint="GET /docs lists the fields."
        )
    names = dict(pairs)
    if len(names) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise InvalidRequest(
            f"The name {quote_value(twice)} occurs twice in one object.",
            fields=[FieldError.at("occurs twice", twice)],
        )
    return names


def _parse_integer(digits: str) -> int | float:
    """Return an integer; an overlong one becomes infinity, which the range of every field excludes."""
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"The body is not JSON: {name} is not a number there.")
