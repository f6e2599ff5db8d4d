"""Errors as OpenAI's clients expect them: `{"error": {message, type, param, code}}`, all four always there."""

from __future__ import annotations

from typing import Literal

from app.api import answers
from app.errors import (
    AnswerTooLarge,
    AudioTooLong,
    BlendUnsupported,
    BodyTooLarge,
    EmptyText,
    IntoneError,
    InvalidSsml,
    TextTooLong,
    Unauthorized,
    UnknownEmotion,
    VoiceNotFound,
    row_of,
)

_STATUS = {404: 400, 413: 400, 422: 400}
"""OpenAI says 400 for whatever is wrong with a field; what is not here stays."""
_NOT_FOUND = ("model_not_found", "not_found")
"""Codes that stay 404."""
_CODES: dict[type[IntoneError], str] = {Unauthorized: "invalid_api_key"}
_PARAMS: dict[type[IntoneError], str] = {
    EmptyText: "input",
    TextTooLong: "input",
    AudioTooLong: "input",
    AnswerTooLarge: "input",
    InvalidSsml: "input",
    VoiceNotFound: "voice",
    UnknownEmotion: "emotion",
    BlendUnsupported: "emotion",
    BodyTooLarge: "input",
}


def openai_status(error: IntoneError) -> int:
    """The status on `/v1`."""
    row = row_of(error)
    return row.status if row.code in _NOT_FOUND else _STATUS.get(row.status, row.status)


def openai_content(error: IntoneError) -> answers.OpenAiError:
    """The body of the answer, or of an event."""
    status, hint = openai_status(error), error.hint or row_of(error).remedy
    kind = next((kind for kind in type(error).__mro__ if kind in _CODES), None)
    return openai_error(
        message=f"{error.detail} {hint}",
        type="server_error" if status >= 500 else "invalid_request_error",
        param=_param(error),
        code=_CODES[kind] if kind else row_of(error).code,
    )


def openai_error(
    *, message: str, type: Literal["invalid_request_error", "server_error"], param: str | None, code: str
) -> answers.OpenAiError:
    """The form that all of them have."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def _param(error: IntoneError) -> str | None:
    """The field that is wrong."""
    if error.fields:
        return error.fields[0].pointer.removeprefix("#/").split("/")[0]
    return next((_PARAMS[kind] for kind in type(error).__mro__ if kind in _PARAMS), None)
