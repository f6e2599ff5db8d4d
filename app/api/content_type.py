"""What a body is, by its headers Content-Type and Content-Encoding (RFC 9110, 8.3 and 8.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from app.api.strict_json import shown
from app.errors import UnsupportedContentEncoding, UnsupportedMediaType

JSON = "application/json"
PLAIN = "text/plain"
SSML = "application/ssml+xml"

MAX_CONTENT_TYPE = 1000
"""Characters of the header Content-Type; those of real clients have under 200."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[ \t]*;[ \t]*(?:({_TOKEN})[ \t]*(?:=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?)?')
"""Name and value, as a token or a quoted string. RFC 9110 (5.6.6) allows an empty parameter; a name without a value and
white space around the `=` are tolerated."""
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A parsed Content-Type."""

    name: str
    """In lower case, without parameters."""
    charset: str | None


def media_type(request: Request) -> MediaType:
    """Return the Content-Type. Raise `UnsupportedMediaType` unless it is one that speech requests come in."""
    values = request.headers.getlist("content-type")
    if len(values) > 1:
        raise UnsupportedMediaType("The request has several Content-Types.", hint="Send one.")
    value = values[0].strip() if values else ""
    if len(value) > MAX_CONTENT_TYPE:
        raise UnsupportedMediaType(f"The Content-Type has over {MAX_CONTENT_TYPE} characters.", hint=_hint(""))
    name = value.partition(";")[0].strip().lower()
    if name not in (JSON, PLAIN, SSML):
        raise UnsupportedMediaType(_unsupported(name), hint=_hint(name))
    return MediaType(name, _parameters(value).get("charset"))


def _parameters(value: str) -> dict[str, str]:
    """Return the parameters by their names in lower case; the first of a name counts."""
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
    """Raise `UnsupportedContentEncoding` for a compressed body: it would be taken for the text itself."""
    codings = ",".join(request.headers.getlist("content-encoding")).lower().split(",")
    for coding in map(str.strip, codings):
        if coding not in ("", "identity"):
            raise UnsupportedContentEncoding(
                f"Content-Encoding {shown(coding)} is not supported.", hint="Send the body uncompressed."
            )


def _unsupported(name: str) -> str:
    return f"Content-Type {name[:80]!r} is not supported." if name else "The request has no Content-Type."


def _hint(name: str) -> str:
    if name == "application/x-www-form-urlencoded":
        return f"curl -d sends a form unless told otherwise: add -H 'Content-Type: {JSON}'."
    return f"Send {JSON}, {PLAIN} with the text as the body, or {SSML} with the SSML."
