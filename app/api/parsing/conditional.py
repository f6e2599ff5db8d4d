"""ETags that follow from requests, so that a known response is not synthesized again, and the header If-None-Match."""

from __future__ import annotations

import hashlib

from starlette.requests import Request

from app.api.parsing.negotiation import ResponseFormat
from app.api.schemas.request import SpeechBody


def make_etag(identity: str, fields: SpeechBody, answer: ResponseFormat) -> str:
    """Return the strong ETag of the response to a request with a seed.

    `identity` is that of the pipeline. Requests that mean the same in other words, such as another case of a name, get
    another ETag.
    """
    content = repr((identity, fields, answer)).encode("utf-8", "surrogatepass")
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Return whether the client has the response already, by the header If-None-Match (RFC 9110, 13.1.2).

    The comparison is weak: proxies weaken the ETag of a response that they compress.
    """
    known = ",".join(request.headers.getlist("if-none-match")).split(",")
    return not {"*", etag}.isdisjoint(one.strip().removeprefix("W/") for one in known)
