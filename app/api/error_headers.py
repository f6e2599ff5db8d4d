"""What the headers of an answer say about its error, whatever the form of its body."""

from __future__ import annotations

from app.errors import (
    BodyTooSlow,
    Busy,
    FallbackRefused,
    IntoneError,
    MethodNotAllowed,
    NoStorage,
    NotReady,
    OverTimeBudget,
    RangeNotSatisfiable,
    RateLimited,
    TooManyStreams,
    Unauthorized,
    UnsupportedContentEncoding,
)


def headers_of(error: IntoneError) -> dict[str, str]:
    """The headers, such as Retry-After."""
    match error:
        case Unauthorized():
            return {"WWW-Authenticate": "Bearer"}
        case MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case BodyTooSlow():
            # The rest of the body may still come, and must not be taken for the next request.
            return {"Connection": "close"}
        case UnsupportedContentEncoding():
            # RFC 9110, 15.5.16: what would be accepted.
            return {"Accept-Encoding": "identity"}
        case RangeNotSatisfiable():
            return {"Content-Range": f"bytes */{error.size}"}
        case RateLimited():
            return {"Retry-After": str(error.retry_after)}
        case Busy() | TooManyStreams() | NoStorage():
            return {"Retry-After": "5"}
        case NotReady():
            return {"Retry-After": "2"}
        case FallbackRefused() | OverTimeBudget():
            # Clients repeat 409 and 504 on their own, but the answer would be the same.
            return {"X-Should-Retry": "false"}
    return {}
