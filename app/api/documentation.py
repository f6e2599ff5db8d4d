"""What /openapi.json says about bodies and answers that are read and written by hand."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from app.api.body import JSON, PLAIN
from app.api.problems import PROBLEM_TYPE, row_of
from app.api.schemas import SpeechBody, SpeechFields
from app.audio.encode import FORMATS
from app.errors import (
    AudioTooLong,
    BlendUnsupported,
    BodyTooLarge,
    BodyTooSlow,
    Busy,
    EmptyText,
    FallbackRefused,
    IntoneError,
    InvalidRequest,
    NotAcceptable,
    NotReady,
    OverTimeBudget,
    RateLimited,
    TextTooLong,
    Unauthorized,
    UnknownEmotion,
    UnreadableBody,
    UnsupportedMediaType,
    VoiceNotFound,
)

Responses = dict[int | str, dict[str, Any]]

_TEXT = "What a wonderful morning! I could sing."

_PROBLEM_SCHEMA = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457; `code` is stable and meant for programs, `detail` and `hint` for people.",
    "required": ["type", "title", "status", "detail", "code", "hint", "request_id"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code", "hint", "request_id")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"detail": {"type": "string"}, "pointer": {"type": "string", "example": "#/degree"}},
            },
        },
    },
}

_PLAN_EXAMPLE = {
    "voice": "wren",
    "classifier": {"name": "minilm-ekman", "version": "1"},
    "duration_estimate": 1.9,
    "utterances": [
        {
            "text": "What a wonderful morning!",
            "span": [0, 25],
            "spoken": "What a wonderful morning!",
            "voice": "wren",
            "emotion": "joy",
            "degree": 1.0,
            "source": "classifier",
            "reason": "joy at 0.97 over 0.70",
            "checkpoint": "joy",
        }
    ],
    "warnings": [],
}


def problems(*kinds: type[IntoneError]) -> Responses:
    """Answers that are problems: one entry for each status, an example for each code."""
    titles: dict[int, dict[str, str]] = {}
    for row in (row_of(kind("")) for kind in kinds):
        titles.setdefault(row.status, {})[row.code] = row.title
    return {status: _problem_answer(of_status) for status, of_status in sorted(titles.items())}


def _problem_answer(titles: dict[str, str]) -> dict[str, Any]:
    examples = {code: {"value": _problem_example(code, title)} for code, title in titles.items()}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {"description": "; ".join(titles.values()), "content": {PROBLEM_TYPE: content}}


def _problem_example(code: str, title: str) -> dict[str, str]:
    return {"type": f"/errors/{code}", "title": title, "code": code, "detail": "…", "hint": "…", "request_id": "…"}


SPEECH_PROBLEMS = problems(
    UnreadableBody,
    Unauthorized,
    VoiceNotFound,
    NotAcceptable,
    FallbackRefused,
    TextTooLong,
    AudioTooLong,
    BodyTooLarge,
    BodyTooSlow,
    UnsupportedMediaType,
    InvalidRequest,
    EmptyText,
    UnknownEmotion,
    BlendUnsupported,
    RateLimited,
    Busy,
    NotReady,
    OverTimeBudget,
)


def speech_body() -> dict[str, Any]:
    """The body of a speech request in its two media types; beside a plain text the fields are parameters."""
    return {
        "parameters": [_parameter(name, schema) for name, schema in _properties(SpeechFields).items()],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": SpeechBody.model_json_schema(),
                    "examples": {
                        "labelled": {"summary": "Each sentence by its words", "value": {"text": _TEXT}},
                        "blended": {
                            "summary": "Two at once",
                            "value": {"text": _TEXT, "emotion": {"joy": 0.6, "surprise": 0.4}},
                        },
                        "pinned": {"summary": "One emotion", "value": {"text": _TEXT, "emotion": "joy", "degree": 1.3}},
                    },
                },
                PLAIN: {"schema": {"type": "string"}, "example": _TEXT},
            },
        },
    }


def _properties(model: type[SpeechFields]) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return properties


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    note = f"Only beside `{PLAIN}`. {schema.get('description', '')}"
    inner = next(option for option in schema["anyOf"] if option != {"type": "null"})
    return {"name": name, "in": "query", "required": False, "description": note, "schema": inner}


def audio_answer() -> Responses:
    """The sound, or JSON that holds it."""
    content: dict[str, Any] = {
        row.content_type: {"schema": {"type": "string", "format": "binary"}} for row in FORMATS.values()
    }
    example = {
        "audio": "UklGR…",
        "format": "wav",
        "content_type": "audio/wav",
        "sample_rate": 22050,
        "duration": 1.9,
        "plan": _PLAN_EXAMPLE,
    }
    content[JSON] = {"schema": {"type": "object"}, "example": example}
    names = {
        "X-Audio-Duration": "Seconds.",
        "X-Voice": "The voice that spoke.",
        "X-Emotions": "One emotion for each utterance, at most 64.",
        "X-Warnings": "Codes of what was done other than asked, each once.",
        "X-Request-Id": "The client's own, or a new one.",
        "Server-Timing": "Milliseconds: queue, analyze, acoustic, vocoder, encode.",
    }
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in names.items()}
    return {200: {"description": "The speech", "headers": headers, "content": content}}


def plan_answer() -> Responses:
    """The plan."""
    return {
        200: {"description": "The plan", "content": {JSON: {"schema": {"type": "object"}, "example": _PLAN_EXAMPLE}}}
    }


def document(app: FastAPI) -> None:
    """Add the schema that the answers above refer to, in place of FastAPI's own, which is never answered."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        document["components"] = {"schemas": {"Problem": _PROBLEM_SCHEMA}}
        for path in document["paths"].values():
            for operation in path.values():
                _drop_validation_error(operation["responses"])
        # Either is enough, for a service may have no keys.
        document["security"] = [{"key": []}, {}]
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _drop_validation_error(responses: dict[str, Any]) -> None:
    schema = responses.get("422", {}).get("content", {}).get(JSON, {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
