"""Define every error that a client or an operator can cause, and the only table from error to HTTP status.

IntoneError
├── Unauthorized, RateLimited, RouteNotFound, MethodNotAllowed, RangeNotSatisfiable
├── MalformedRequest, HeadTooLarge, UnknownHost, TooManyStreams, ReaderTooSlow
├── UnreadableBody, BodyTooSlow, UnsupportedMediaType, UnsupportedContentEncoding, NotAcceptable
├── InvalidRequest, InvalidSsml, EmptyText, UnknownEmotion, BlendUnsupported
├── TextTooLong, AudioTooLong, AnswerTooLarge, BodyTooLarge
├── VoiceNotFound, ModelNotFound, FallbackRefused
├── Busy, NotReady, NoStorage, OverTimeBudget
└── SetupError: the installation is at fault (settings, a voice folder, a classifier); reported at startup
    ├── InvalidVoice
    └── InvalidClassifier
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """Problem with one field of a request."""

    detail: str
    pointer: str
    """JSON pointer as a URI fragment (RFC 6901), such as `#/degree`."""


class IntoneError(Exception):
    """Base of all typed errors: `detail` says what happened, `hint` what to do about it."""

    def __init__(self, detail: str, *, hint: str = "", fields: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.fields = tuple(fields)


class Unauthorized(IntoneError):
    """The API key is missing or unknown."""


class RateLimited(IntoneError):
    """A client exceeds the configured request rate; `retry_after` is in whole seconds."""

    def __init__(self, detail: str, *, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after


class MalformedRequest(IntoneError):
    """The request is not valid HTTP."""


class HeadTooLarge(IntoneError):
    """The request line and the header fields exceed their limit."""


class UnknownHost(IntoneError):
    """The Host header field contains no name of the service."""


class TooManyStreams(IntoneError):
    """A client exceeds the configured number of open streams."""


class ReaderTooSlow(IntoneError):
    """A client read its response too slowly for too long."""


class UnreadableBody(IntoneError):
    """The body does not match its Content-Type."""


class BodyTooSlow(IntoneError):
    """The body did not arrive in time."""


class UnsupportedMediaType(IntoneError):
    """The route does not support the Content-Type."""


class UnsupportedContentEncoding(IntoneError):
    """The body is compressed."""


class NotAcceptable(IntoneError):
    """No supported format is acceptable according to the Accept header field."""


class RouteNotFound(IntoneError):
    """There is no route for the path."""


class MethodNotAllowed(IntoneError):
    """The path exists but does not support the method; `allowed` lists the supported methods."""

    def __init__(self, detail: str, *, hint: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(detail, hint=hint)
        self.allowed = tuple(allowed)


class RangeNotSatisfiable(IntoneError):
    """The requested range begins after the end; `size` is the complete length in bytes."""

    def __init__(self, detail: str, *, hint: str = "", size: int = 0) -> None:
        super().__init__(detail, hint=hint)
        self.size = size


class InvalidRequest(IntoneError):
    """A field is missing, unknown, of the wrong type or out of range."""


class InvalidSsml(IntoneError):
    """The SSML is not well-formed XML that is safe to parse; the detail names line and column."""


class EmptyText(IntoneError):
    """The text is empty or only white space."""


class UnknownEmotion(IntoneError):
    """The emotion is neither one of the seven emotions nor an alias of one."""


class BlendUnsupported(IntoneError):
    """The voice cannot blend the requested emotions."""


class TextTooLong(IntoneError):
    """The text exceeds the configured number of code points."""


class AudioTooLong(IntoneError):
    """The audio would exceed the configured duration."""


class AnswerTooLarge(IntoneError):
    """The response exceeds, or would exceed, the configured number of bytes."""


class BodyTooLarge(IntoneError):
    """The request body exceeds the maximum size."""


class VoiceNotFound(IntoneError):
    """There is no voice with the requested name."""


class ModelNotFound(IntoneError):
    """There is no model with the requested name; only OpenAI's routes take one."""


class FallbackRefused(IntoneError):
    """A strict request would require a fallback to another emotion."""


class Busy(IntoneError):
    """The queue is full, or there is no room for a further response."""


class NotReady(IntoneError):
    """The models are still being loaded, or the service is stopping."""


class NoStorage(IntoneError):
    """A temporary file cannot be written."""


class OverTimeBudget(IntoneError):
    """The request exceeded the configured time."""


class SetupError(IntoneError):
    """The installation is at fault, not a client."""


class InvalidVoice(SetupError):
    """A voice folder cannot be used; the detail names the inconsistency."""


class InvalidClassifier(SetupError):
    """A classifier cannot be used, for example because a label has no emotion."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """Representation of an error in the HTTP API."""

    status: int
    code: str
    title: str
    remedy: str
    """Advice to the client if the error itself has no hint."""


ERRORS: dict[type[IntoneError], ErrorRow] = {
    MalformedRequest: ErrorRow(
        400,
        "malformed_request",
        "The request is not valid HTTP",
        "Use an HTTP client, and check any proxy between it and the service.",
    ),
    UnreadableBody: ErrorRow(
        400,
        "unreadable_body",
        "The body cannot be read",
        "Send what the Content-Type says, in the character set that it names.",
    ),
    Unauthorized: ErrorRow(401, "unauthorized", "A key is needed", "Send `Authorization: Bearer KEY`."),
    RouteNotFound: ErrorRow(404, "not_found", "There is nothing at this address", "`GET /docs` lists every address."),
    VoiceNotFound: ErrorRow(404, "voice_not_found", "There is no such voice", "`GET /voices` lists the voices."),
    ModelNotFound: ErrorRow(404, "model_not_found", "There is no such model", "`GET /v1/models` lists the models."),
    MethodNotAllowed: ErrorRow(
        405, "method_not_allowed", "This address does not take this method", "The header `Allow` names the methods."
    ),
    NotAcceptable: ErrorRow(
        406, "not_acceptable", "No format that we make is accepted", "Accept `audio/*`, or leave the header out."
    ),
    BodyTooSlow: ErrorRow(
        408, "body_too_slow", "The body did not arrive in time", "Send the request again, its body at once."
    ),
    ReaderTooSlow: ErrorRow(
        408,
        "reader_too_slow",
        "The reader of an answer took too little for too long",
        "Read on within `INTONE_READER_PATIENCE` seconds.",
    ),
    FallbackRefused: ErrorRow(
        409,
        "fallback_refused",
        "The voice lacks an emotion and strict forbids a fallback",
        "Leave `strict` out, or choose a voice or an emotion from `GET /voices`.",
    ),
    TextTooLong: ErrorRow(
        413, "text_too_long", "The text is too long", "Send the text in parts, or raise `INTONE_MAX_CHARS`."
    ),
    AudioTooLong: ErrorRow(
        413,
        "audio_too_long",
        "The speech would be too long",
        "Send the text in parts, or raise `INTONE_MAX_AUDIO_SECONDS`.",
    ),
    AnswerTooLarge: ErrorRow(
        413,
        "answer_too_large",
        "The answer would be too large",
        "Ask for a stream, MP3 or less text; the operator may raise `INTONE_MAX_ANSWER_BYTES`.",
    ),
    BodyTooLarge: ErrorRow(413, "body_too_large", "The body is too large", "Send the text in parts of under 4 MiB."),
    UnsupportedMediaType: ErrorRow(
        415,
        "unsupported_media_type",
        "The Content-Type is not supported",
        "Send `application/json`, `text/plain` or `application/ssml+xml`.",
    ),
    UnsupportedContentEncoding: ErrorRow(
        415,
        "unsupported_content_encoding",
        "The Content-Encoding is not supported",
        "Send the body uncompressed, without `Content-Encoding`.",
    ),
    RangeNotSatisfiable: ErrorRow(
        416, "range_not_satisfiable", "The range is outside of the audio", "The header `Content-Range` tells the size."
    ),
    UnknownHost: ErrorRow(
        421,
        "unknown_host",
        "The service does not answer to this host name",
        "Use `localhost` or `127.0.0.1`; the operator may add names with `INTONE_ALLOWED_HOSTS`.",
    ),
    InvalidRequest: ErrorRow(
        422,
        "invalid_request",
        "A field of the request is wrong",
        "Each field that is wrong is named, with what is wrong with it.",
    ),
    InvalidSsml: ErrorRow(
        422,
        "invalid_ssml",
        "The SSML cannot be read",
        "The detail names line and column; `GET /ssml` lists what is understood.",
    ),
    EmptyText: ErrorRow(
        422, "empty_text", "There is no text to speak", "Send at least one character that is no white space."
    ),
    UnknownEmotion: ErrorRow(
        422, "unknown_emotion", "There is no such emotion", "`GET /voices` lists the emotions and their other names."
    ),
    BlendUnsupported: ErrorRow(
        422,
        "blend_unsupported",
        "The voice cannot blend these emotions",
        "Name one emotion, or a voice whose `degree` is true.",
    ),
    InvalidVoice: ErrorRow(
        503,
        "voice_unavailable",
        "The voice cannot be loaded",
        "Choose another voice, or tell the operator the request id: the log says what is wrong with the voice's files.",
    ),
    RateLimited: ErrorRow(429, "rate_limited", "Too many requests", "Wait as long as `Retry-After` says."),
    HeadTooLarge: ErrorRow(
        431,
        "head_too_large",
        "The head of the request is too large",
        "Send the text as the body of a POST request, not in the URL, and fewer or shorter headers.",
    ),
    TooManyStreams: ErrorRow(
        429,
        "too_many_streams",
        "Too many open streams",
        "Read one to its end or close it; the operator may raise `INTONE_MAX_STREAMS_PER_CLIENT`.",
    ),
    Busy: ErrorRow(
        503, "busy", "The service is busy", "Ask again after `Retry-After`; the operator may raise `INTONE_QUEUE_SIZE`."
    ),
    NotReady: ErrorRow(
        503, "not_ready", "The service is not ready", "Ask again after `Retry-After`; `GET /ready` tells when."
    ),
    OverTimeBudget: ErrorRow(
        504,
        "over_time_budget",
        "The request took too long",
        "Send less text or ask for a stream; the operator may raise `INTONE_TIME_BUDGET`.",
    ),
    NoStorage: ErrorRow(
        507,
        "no_storage",
        "There is no storage for the answer",
        "Request a stream, which needs none; the operator may set `TMPDIR` to a folder with room.",
    ),
}
"""Error rows by class; every other exception is a fault of the service: 500, `internal_error`."""

INTERNAL_ERROR = ErrorRow(
    500, "internal_error", "The service failed", "Try again; if it persists, tell the operator the request id."
)


def get_row(error: IntoneError) -> ErrorRow:
    """Return the row of the error's class, or of its nearest base class in the table."""
    return next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), INTERNAL_ERROR)
