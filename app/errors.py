"""Errors that a caller or an operator can cause: one class each, with its status, code, title, remedy and headers.

The responses, the OpenAPI document, the metrics and the reference derive from the classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request."""

    detail: str
    pointer: str
    """JSON pointer as a URI fragment (RFC 6901), such as `#/degree`."""

    @classmethod
    def at(cls, detail: str, *path: str | int) -> FieldError:
        """Return the error of the field at a path."""
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
        return cls(detail, "#" + "".join(f"/{quote(part[:80], safe='~', errors='backslashreplace')}" for part in parts))


def quote_value(value: str) -> str:
    """Return a client's value for a message, shortened and printable."""
    return ascii(value if len(value) <= 40 else value[:39] + "…")


class IntoneError(Exception):
    """Base class of all errors: `detail` says what happened, `hint` what to do about it.

    A class without a code of its own is the service's own fault: 500, `internal_error`.
    """

    status: ClassVar[int] = 500
    """Of the HTTP response."""
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "The service failed"
    remedy: ClassVar[str] = "Try again; if it persists, give the operator the request id."
    """The hint of an error that has none of its own."""
    headers: Mapping[str, str] = {}
    """Of the HTTP response, such as Retry-After."""
    group: ClassVar[Literal["", "body", "work", "text", "stream", "complete"]] = ""
    """What the routes that document it have: a body, work, a text to speak, or a streamed or complete response."""
    openai_code: ClassVar[str | None] = None
    """The code on OpenAI's routes, if it differs."""
    openai_param: ClassVar[str | None] = None
    """The field of OpenAI's request that is at fault."""

    def __init__(self, detail: str, *, hint: str = "", fields: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.fields = tuple(fields)


class SetupError(IntoneError):
    """The installation is at fault (settings, a voice folder, a classifier), not a caller."""


class InvalidClassifier(SetupError):
    """A classifier cannot be used, for example because a label has no emotion."""


class MalformedRequest(IntoneError):
    """The request is not valid HTTP."""

    status, code, title = 400, "malformed_request", "The request is not valid HTTP"
    remedy = "Use an HTTP client, and check any proxy between it and the service."


class UpgradeRequired(IntoneError):
    """The handshake of a WebSocket is for another version of the protocol."""

    status, code, title = 426, "upgrade_required", "Another version of WebSocket is needed"
    remedy = "Send `Sec-WebSocket-Version: 13`."
    headers: Mapping[str, str] = {"Sec-WebSocket-Version": "13"}


class UnreadableBody(IntoneError):
    """The body is not what its Content-Type says."""

    status, code, title, group = 400, "unreadable_body", "The body cannot be read", "body"
    remedy = "Send a body of the Content-Type, in the character set that it names."


class Unauthorized(IntoneError):
    """No key, or an unknown one."""

    status, code, title, group = 401, "unauthorized", "Authentication required", "work"
    remedy = "Send `Authorization: Bearer KEY`."
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}
    openai_code = "invalid_api_key"


class OriginRefused(IntoneError):
    """A web page of another origin opens a socket."""

    status, code, title = 403, "origin_refused", "The page may not use the service"
    remedy = "The operator may add the origin of the page to `INTONE_CORS_ORIGINS`."


class ReloadRefused(IntoneError):
    """The voices may be reloaded over HTTP only if there are API keys."""

    status, code, title = 403, "reload_refused", "Reloading needs an API key"
    remedy = "Set INTONE_API_KEYS, or send the process SIGHUP."


class RouteNotFound(IntoneError):
    """No route has this path."""

    status, code, title = 404, "not_found", "No route has this path"
    remedy = "`GET /docs` lists every address."


class VoiceNotFound(IntoneError):
    """No voice has this name."""

    status, code, title, group = 404, "voice_not_found", "Unknown voice", "text"
    remedy = "`GET /voices` lists the voices."
    openai_param = "voice"


class ModelNotFound(IntoneError):
    """No model has this name; OpenAI's routes name one."""

    status, code, title = 404, "model_not_found", "Unknown model"
    remedy = "`GET /v1/models` lists the models."


class MethodNotAllowed(IntoneError):
    """The path exists, the method does not; `allowed` are those that do."""

    status, code, title = 405, "method_not_allowed", "The route does not support this method"
    remedy = "The header `Allow` names the methods."

    def __init__(self, detail: str, *, hint: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(detail, hint=hint)
        self.headers = {"Allow": ", ".join(allowed)}


class NotAcceptable(IntoneError):
    """No supported format satisfies the Accept header."""

    status, code, title = 406, "not_acceptable", "No supported format is acceptable"
    remedy = "Accept `audio/*`, or leave the header out."
    headers: Mapping[str, str] = {"Vary": "Accept"}


class BodyTooSlow(IntoneError):
    """The body did not arrive in time."""

    status, code, title, group = 408, "body_too_slow", "The body did not arrive in time", "body"
    remedy = "Send the request again, its body at once."
    headers: Mapping[str, str] = {"Connection": "close"}
    """The rest of the body may still arrive, and must not be read as the next request."""


class SocketSilent(IntoneError):
    """No message came on a socket for as long as its address allows."""

    status, code, title = 408, "socket_silent", "No message came"
    remedy = 'Send `{"text": ""}` with a context, or text, more often; or set `inactivity_timeout` in the address.'


class ReaderTooSlow(IntoneError):
    """The reader of a response accepted too little for too long."""

    status, code, title, group = 408, "reader_too_slow", "The client read the response too slowly", "stream"
    remedy = (
        "Read at least `INTONE_READER_RATE` bytes a second on average; pauses may add up to `INTONE_READER_PATIENCE` "
        "seconds."
    )


class FallbackRefused(IntoneError):
    """A fallback would be needed, and the request is `strict`."""

    status, code, title = 409, "fallback_refused", "The voice lacks an emotion and strict forbids a fallback"
    group = "text"
    remedy = "Leave `strict` out, or choose a voice or an emotion from `GET /voices`."
    headers: Mapping[str, str] = {"X-Should-Retry": "false"}
    """Clients repeat 409 and 504 on their own, but the response would be the same."""


class TextTooLong(IntoneError):
    """The text has more code points than the setting allows."""

    status, code, title, group = 413, "text_too_long", "The text is too long", "text"
    remedy = "Send the text in parts, or raise `INTONE_MAX_CHARS`."
    openai_param = "input"


class AudioTooLong(IntoneError):
    """The speech would be longer than the setting allows."""

    status, code, title, group = 413, "audio_too_long", "The speech would be too long", "text"
    remedy = "Send the text in parts, or raise `INTONE_MAX_AUDIO_SECONDS`."
    openai_param = "input"


class AnswerTooLarge(IntoneError):
    """The response would have more bytes than the setting allows."""

    status, code, title, group = 413, "answer_too_large", "The response would be too large", "complete"
    remedy = "Request a stream, MP3 or less text; the operator may raise `INTONE_MAX_ANSWER_BYTES`."
    openai_param = "input"


class BodyTooLarge(IntoneError):
    """The body has more bytes than any request may have."""

    status, code, title, group = 413, "body_too_large", "The body is too large", "body"
    remedy = "Send the text in parts of under 4 MiB."
    openai_param = "input"


class UnsupportedMediaType(IntoneError):
    """The route does not accept the Content-Type."""

    status, code, title, group = 415, "unsupported_media_type", "The Content-Type is not supported", "body"
    remedy = "Send `application/json`, `text/plain` or `application/ssml+xml`."


class UnsupportedContentEncoding(IntoneError):
    """The body is compressed."""

    status, code, title, group = 415, "unsupported_content_encoding", "The Content-Encoding is not supported", "body"
    remedy = "Send the body uncompressed, without `Content-Encoding`."
    headers: Mapping[str, str] = {"Accept-Encoding": "identity"}
    """The accepted coding (RFC 9110, 15.5.16)."""


class RangeNotSatisfiable(IntoneError):
    """The requested range begins after the end of the audio; `size` is its length in bytes."""

    status, code, title = 416, "range_not_satisfiable", "The range is outside of the audio"
    remedy = "The header `Content-Range` gives the size."

    def __init__(self, detail: str, *, hint: str = "", size: int = 0) -> None:
        super().__init__(detail, hint=hint)
        self.headers = {"Content-Range": f"bytes */{size}"}


class UnknownHost(IntoneError):
    """The Host header names none of the service's names."""

    status, code, title = 421, "unknown_host", "The service does not accept this host name"
    remedy = "Use `localhost` or `127.0.0.1`; the operator may add names with `INTONE_ALLOWED_HOSTS`."


class InvalidRequest(IntoneError):
    """A field is missing, unknown, of the wrong type or out of range."""

    status, code, title, group = 422, "invalid_request", "A field of the request is wrong", "text"
    remedy = "Each field that is wrong is named, with what is wrong with it."

    @classmethod
    def from_fields(cls, fields: Sequence[FieldError], hint: str = "GET /docs lists the fields.") -> Self:
        """Return the error for invalid fields; its message names the first three."""
        detail = "; ".join(f"{field.pointer[2:]}: {field.detail}" for field in fields[:3])
        return cls(f"{detail}.", hint=hint, fields=fields)


class InvalidSsml(IntoneError):
    """The SSML is not XML that can be read safely; the detail names line and column."""

    status, code, title, group = 422, "invalid_ssml", "The SSML cannot be read", "text"
    remedy = "The detail names line and column; `GET /ssml` lists what is understood."
    openai_param = "input"


class EmptyText(IntoneError):
    """The text is empty, white space, or in a script that the voice cannot read."""

    status, code, title, group = 422, "empty_text", "There is no text to speak", "text"
    remedy = "Send at least one character other than white space."
    openai_param = "input"


class UnknownEmotion(IntoneError):
    """The emotion is neither one of the seven nor an alias."""

    status, code, title, group = 422, "unknown_emotion", "Unknown emotion", "text"
    remedy = "`GET /voices` lists the emotions and their other names."
    openai_param = "emotion"


class BlendUnsupported(IntoneError):
    """The voice cannot blend these emotions."""

    status, code, title, group = 422, "blend_unsupported", "The voice cannot blend these emotions", "text"
    remedy = "Name one emotion, or a voice whose `degree` is true."
    openai_param = "emotion"


class UnreadableDocument(IntoneError):
    """The document has no text that can be read, such as a scan, a protected book or a program."""

    status, code, title = 422, "unreadable_document", "The document cannot be read"
    remedy = "Send EPUB, DOCX, HTML, Markdown, text, CSV, or a PDF that contains text."


class InvalidVoice(SetupError):
    """A voice folder cannot be used; the detail says what disagrees."""

    status, code, title, group = 503, "voice_unavailable", "The voice cannot be loaded", "text"
    remedy = (
        "Choose another voice, or tell the operator the request id: the log says what is wrong with the voice's files."
    )


class RateLimited(IntoneError):
    """A client sends more requests than the setting allows; `retry_after` in whole seconds."""

    status, code, title, group = 429, "rate_limited", "Too many requests", "work"
    remedy = "Wait as long as `Retry-After` says."

    def __init__(self, detail: str, *, hint: str = "", retry_after: int = 1) -> None:
        super().__init__(detail, hint=hint)
        self.headers = {"Retry-After": str(retry_after)}


class HeadTooLarge(IntoneError):
    """The request line and the headers are larger than any request needs."""

    status, code, title = 431, "head_too_large", "The head of the request is too large"
    remedy = "Send the text as the body of a POST request, not in the URL, and fewer or shorter headers."


class TooManyStreams(IntoneError):
    """A client has as many open streams as the setting allows."""

    status, code, title, group = 429, "too_many_streams", "Too many open streams", "stream"
    remedy = "Read one to its end or close it; the operator may raise `INTONE_MAX_STREAMS_PER_CLIENT`."
    headers: Mapping[str, str] = {"Retry-After": "5"}


class TooManyContexts(IntoneError):
    """A socket has as many open contexts as it may have."""

    status, code, title = 429, "too_many_contexts", "Too many open contexts"
    remedy = "Close contexts with `close_context`, or open another socket."


class Busy(IntoneError):
    """The queue is full, or there is no room for another response."""

    status, code, title, group = 503, "busy", "The service is busy", "work"
    remedy = "Retry after `Retry-After` seconds; the operator may raise `INTONE_QUEUE_SIZE`."
    headers: Mapping[str, str] = {"Retry-After": "5"}


class NotReady(IntoneError):
    """The models are still being loaded, or the service is stopping."""

    status, code, title, group = 503, "not_ready", "The service is not ready", "work"
    remedy = "Retry after `Retry-After` seconds; `GET /ready` reports when."
    headers: Mapping[str, str] = {"Retry-After": "2"}


class OverTimeBudget(IntoneError):
    """The request took longer than the setting allows."""

    status, code, title, group = 504, "over_time_budget", "The request took too long", "work"
    remedy = "Send less text or request a stream; the operator may raise `INTONE_TIME_BUDGET`."
    headers: Mapping[str, str] = {"X-Should-Retry": "false"}


class NoStorage(IntoneError):
    """A temporary file cannot be written."""

    status, code, title, group = 507, "no_storage", "No storage for the response", "complete"
    remedy = "Request a stream, which needs none; the operator may set `TMPDIR` to a folder with room."
    headers: Mapping[str, str] = {"Retry-After": "5"}


def _find_subclasses(base: type[IntoneError]) -> Iterator[type[IntoneError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _find_subclasses(kind)


ERRORS: tuple[type[IntoneError], ...] = tuple(
    sorted((kind for kind in _find_subclasses(IntoneError) if "code" in vars(kind)), key=lambda kind: kind.status)
)
"""Every class with a code of its own, by status."""
