"""What to do about each error, where the error itself has no better hint."""

from __future__ import annotations

REMEDIES = {
    "unreadable_body": "Send what the Content-Type says, in the character set that it names.",
    "unauthorized": "Send `Authorization: Bearer KEY`.",
    "not_found": "`GET /docs` lists every address.",
    "voice_not_found": "`GET /voices` lists the voices.",
    "model_not_found": "`GET /v1/models` lists the models.",
    "method_not_allowed": "The header `Allow` names the methods.",
    "not_acceptable": "Accept `audio/*`, or leave the header out.",
    "body_too_slow": "Send the request again, its body at once.",
    "fallback_refused": "Leave `strict` out, or choose a voice or an emotion from `GET /voices`.",
    "text_too_long": "Send the text in parts, or raise `INTONE_MAX_CHARS`.",
    "audio_too_long": "Send the text in parts, or raise `INTONE_MAX_AUDIO_SECONDS`.",
    "answer_too_large": "Ask for a stream, MP3 or less text; the operator may raise `INTONE_MAX_ANSWER_BYTES`.",
    "body_too_large": "Send the text in parts of under 4 MiB.",
    "unsupported_media_type": "Send `application/json`, `text/plain` or `application/ssml+xml`.",
    "range_not_satisfiable": "The header `Content-Range` tells the size.",
    "invalid_request": "Each field that is wrong is named, with what is wrong with it.",
    "invalid_ssml": "The detail names line and column; `GET /ssml` lists what is understood.",
    "empty_text": "Send at least one character that is no white space.",
    "unknown_emotion": "`GET /voices` lists the emotions and their other names.",
    "blend_unsupported": "Name one emotion, or a voice whose `degree` is true.",
    "rate_limited": "Wait as long as `Retry-After` says.",
    "busy": "Ask again after `Retry-After`; the operator may raise `INTONE_QUEUE_SIZE`.",
    "not_ready": "Ask again after `Retry-After`; `GET /ready` tells when.",
    "over_time_budget": "Send less text or ask for a stream; the operator may raise `INTONE_TIME_BUDGET`.",
    "internal_error": "Try again; if it persists, tell the operator the request id.",
}
"""By the codes of `app.errors.ERRORS`, every one of them."""
