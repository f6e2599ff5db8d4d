"""What /openapi.json says about bodies and answers that are read and written by hand."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.body import JSON, PLAIN, SSML
from app.api.openai_body import OpenAiSpeech
from app.api.problems import PROBLEM_TYPE
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
    row_of,
)

Responses = dict[int | str, dict[str, Any]]

_TEXT = "What a wonderful morning! I could sing."
_SSML = (
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="http://www.w3.org/2001/mstts">'
    '<mstts:express-as style="cheerful" styledegree="1.5">What a wonderful morning!</mstts:express-as>'
    '<break time="500ms"/>I could sing.</speak>'
)

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

_OPENAI_ERROR_SCHEMA = {
    "type": "object",
    "title": "OpenAiError",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"enum": ["invalid_request_error", "server_error"]},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
        }
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
    """The body of a speech request in its three media types; beside a text the fields are parameters."""
    note = f"Only beside `{PLAIN}` and `{SSML}`. "
    return {
        "parameters": [_parameter(name, schema, note) for name, schema in _properties(SpeechFields).items()],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": _reference("SpeechBody"),
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
                SSML: {"schema": {"type": "string"}, "example": _SSML},
            },
        },
    }


def query_parameters() -> dict[str, Any]:
    """A speech request as a query: either `text` or `ssml`."""
    content = {name: schema for name, schema in _properties(SpeechBody).items() if name in ("text", "ssml")}
    fields = {**content, **_properties(SpeechFields)}
    return {"parameters": [_parameter(name, schema, "") for name, schema in fields.items()]}


def openai_body() -> dict[str, Any]:
    """The body of OpenAI's speech route."""
    example = {"model": "intone", "input": _TEXT, "voice": "alloy", "response_format": "wav"}
    return {
        "requestBody": {"required": True, "content": {JSON: {"schema": _reference("OpenAiSpeech"), "example": example}}}
    }


def openai_problems() -> Responses:
    """Answers of `/v1` that are errors."""
    content = {JSON: {"schema": _reference("OpenAiError")}}
    described = {
        400: "A field is wrong",
        401: "No key, or a wrong one",
        404: "No such model",
        405: "Another method is needed",
        408: "The body came too slowly",
        409: "A fallback was refused",
        415: "Another media type is needed",
        429: "Too many requests",
        503: "Busy, or not ready",
        504: "It took too long",
    }
    return {status: {"description": text, "content": content} for status, text in described.items()}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _properties(model: type[SpeechFields]) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return properties


def _parameter(name: str, schema: dict[str, Any], note: str) -> dict[str, Any]:
    inner = next(option for option in schema["anyOf"] if option != {"type": "null"})
    description = note + schema.get("description", "")
    return {"name": name, "in": "query", "required": False, "description": description, "schema": inner}


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
        document["components"] = {"schemas": _schemas()}
        for path in document["paths"].values():
            for operation in path.values():
                _drop_validation_error(operation["responses"])
        # Either is enough, for a service may have no keys.
        document["security"] = [{"key": []}, {}]
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _schemas() -> dict[str, Any]:
    bodies: list[tuple[type[BaseModel], Literal["validation"]]] = [
        (SpeechBody, "validation"),
        (OpenAiSpeech, "validation"),
    ]
    _, made = models_json_schema(bodies, ref_template="#/components/schemas/{model}")
    return {**made["$defs"], "Problem": _PROBLEM_SCHEMA, "OpenAiError": _OPENAI_ERROR_SCHEMA}


def _drop_validation_error(responses: dict[str, Any]) -> None:
    schema = responses.get("422", {}).get("content", {}).get(JSON, {}).get("schema", {})
    if schema.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
