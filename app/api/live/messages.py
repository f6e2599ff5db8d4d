"""Parse the messages of clients, and build those of the service, as ElevenLabs' clients send and read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.api.errors import choose_openai_status, redact_error
from app.errors import Busy, FieldError, IntoneError, InvalidRequest, RateLimited, TooManyContexts, TooManyStreams
from app.planning.serialize import warnings_to_list
from app.types import PlanWarning

MAX_CONTEXT_ID_CHARS = 128
POLICY_VIOLATION, INTERNAL_ERROR, TRY_AGAIN_LATER, GOING_AWAY = 1008, 1011, 1013, 1001
"""Close codes (RFC 6455, section 7.4.1, and the registry of IANA)."""


class ClientMessage(BaseModel):
    """Message of a client; unknown fields are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    text: str | None = None
    """Text to append. A blank opens a context; an empty text ends a single stream and keeps a context alive."""
    context_id: str | None = Field(default=None, max_length=MAX_CONTEXT_ID_CHARS)
    flush: bool = False
    """Whether to speak everything so far."""
    try_trigger_generation: bool = False
    """Whether to speak the text so far if it ends like a sentence."""
    close_context: bool = False
    close_socket: bool = False
    voice_settings: dict[str, Any] | None = None
    """Only `speed` has an effect."""
    xi_api_key: str | None = None
    authorization: str | None = None
    """Key with or without `Bearer`, for clients that cannot send headers."""


def parse_message(text: str | None) -> ClientMessage:
    """Parse a message; raise `InvalidRequest` if it is none, or holds half of a surrogate pair."""
    try:
        return ClientMessage.model_validate_json(text or "")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        detail = f"{place + ': ' if place else ''}{first['msg']}"
        raise InvalidRequest(
            f"The message cannot be read: {detail}.", fields=[FieldError(first["msg"], f"#/{place}")]
        ) from None


def make_error_message(error: IntoneError, context_id: str | None) -> str:
    """Return the message of an error, before the socket or the context is closed."""
    code = choose_close_code(error)
    error = redact_error(error)
    content: dict[str, object] = {
        "message": f"{error.detail} {error.hint or error.remedy}".strip(),
        "error": error.code,
        "code": code,
        "status": choose_openai_status(error),
    }
    return json.dumps(content if context_id is None else {**content, "contextId": context_id})


def make_warning_message(warnings: Sequence[PlanWarning], context_id: str | None) -> str:
    """Return the message of warnings that belong to no utterance."""
    content: dict[str, object] = {"type": "speech.warnings", "warnings": warnings_to_list(warnings)}
    return json.dumps(content if context_id is None else {**content, "contextId": context_id})


def make_final_message(context_id: str | None) -> str:
    """Return the last message of a context, or of a single stream."""
    return json.dumps({"isFinal": True} if context_id is None else {"isFinal": True, "contextId": context_id})


def choose_close_code(error: IntoneError) -> int:
    """Return the close code of an error."""
    if isinstance(error, Busy | RateLimited | TooManyContexts | TooManyStreams):
        return TRY_AGAIN_LATER
    return INTERNAL_ERROR if error.status >= 500 else POLICY_VIOLATION
