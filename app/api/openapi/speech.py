"""Describe requests for speech and their responses, with examples."""

from __future__ import annotations

import json
from typing import Any

from app.api.openapi.errors import (
    CACHE_HEADERS,
    SPEECH_HEADERS,
    Responses,
    describe_json,
    refer_to_headers,
    refer_to_schema,
)
from app.api.parsing.body import JSON, PLAIN_TEXT, SSML
from app.api.parsing.negotiation import EVENT_STREAM, NDJSON
from app.api.schemas import answers
from app.api.schemas.openai import OpenAiSpeech
from app.api.schemas.request import JSON_FIELDS, SpeechBody, SpeechFields
from app.audio.encode import FORMATS
from app.planning.serialize import PlanJson

EXAMPLE_TEXT = "What a wonderful morning! I could sing."
_EXAMPLE_SSML = (
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="http://www.w3.org/2001/mstts">'
    '<mstts:express-as style="cheerful" styledegree="1.5">What a wonderful morning!</mstts:express-as>'
    '<break time="500ms"/>I could sing.</speak>'
)
_EDITED_PLAN = {
    "utterances": [
        {"text": "What a wonderful morning!", "emotion": "joy", "pause_after": 1.5},
        {"text": "I could sing.", "emotion": "auto", "speed": 0.8},
    ]
}

_SPEECH_EXAMPLES: dict[str, dict[str, Any]] = {
    "labelled": {"summary": "Each sentence by its words", "value": {"text": EXAMPLE_TEXT}},
    "pinned": {"summary": "One emotion", "value": {"text": EXAMPLE_TEXT, "emotion": "joy", "degree": 1.3}},
    "blended": {"summary": "Two at once", "value": {"text": EXAMPLE_TEXT, "emotion": {"joy": 0.6, "surprise": 0.4}}},
    "marked up": {"summary": "SSML", "value": {"ssml": _EXAMPLE_SSML, "format": "mp3"}},
    "in context": {
        "summary": "One sentence of a longer talk",
        "value": {"text": "He never came back.", "context": ["The boat went out on Tuesday.", "By noon it blew hard."]},
    },
    "edited": {"summary": "A plan that came back", "value": {"plan": _EDITED_PLAN}},
    "timed": {
        "summary": "With the times of all words",
        "value": {"text": EXAMPLE_TEXT, "timing": True, "format": "opus"},
    },
    "streamed": {"summary": "As it is made", "value": {"text": EXAMPLE_TEXT, "stream": True}},
    "streamed with times": {
        "summary": "As it is made, with the times of all words",
        "value": {"text": EXAMPLE_TEXT, "stream": True, "timing": True, "format": "pcm"},
    },
}
_OPENAI_EXAMPLES: dict[str, dict[str, Any]] = {
    "plain": {"summary": "A stream of MP3", "value": {"model": "tts-1", "input": EXAMPLE_TEXT, "voice": "alloy"}},
    "instructed": {
        "summary": "A complete file",
        "value": {
            "model": "gpt-4o-mini-tts",
            "input": EXAMPLE_TEXT,
            "instructions": "Sound cheerful.",
            "response_format": "wav",
            "stream": False,
        },
    },
    "events": {"summary": "Events", "value": {"model": "intone", "input": EXAMPLE_TEXT, "stream_format": "sse"}},
}
_EXAMPLE_BLEND = "joy:0.6,surprise:0.4"
"""Blend of emotions as it is written in a query."""


_BINARY_CONTENT = {"schema": {"type": "string", "format": "binary"}}
_AUDIO: dict[str, Any] = {row.content_type: _BINARY_CONTENT for row in FORMATS.values()}
_EXAMPLE_EVENT = '{"type": "speech.audio.delta", "audio": "SUQz"}'


def _describe_events(error: type[Any]) -> dict[str, Any]:
    """Describe the data of one event; `error` is the type of an error after the first byte."""
    return {"anyOf": [refer_to_schema(one.__name__) for one in (*answers.SPEECH_EVENTS, error)]}


def _describe_event_stream(error: type[Any]) -> dict[str, Any]:
    """Describe server-sent events by the schema of one, the usual substitute: OpenAPI cannot describe a stream."""
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": _describe_events(error)}
    schema = {"type": "object", "required": ["data"], "properties": {"data": data}}
    return {EVENT_STREAM: {"schema": schema, "example": {"data": _EXAMPLE_EVENT}}}


def _describe_lines() -> dict[str, Any]:
    """Describe lines of JSON by the schema of one."""
    return {NDJSON: {"schema": _describe_events(answers.SpeechError), "example": json.loads(_EXAMPLE_EVENT)}}


_SSML_SCHEMA = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "object", "xml": {"name": "speak"}}]}
"""Schema of a document: its text, or its root. Swagger UI escapes the example of an XML body that is only a string."""
_PLAN_LINKS = {
    "speak": {
        "operationId": "synthesize",
        "description": "The plan can be edited and spoken.",
        "requestBody": {"plan": "$response.body"},
    }
}


def describe_speech_body() -> dict[str, Any]:
    """Describe the body of a speech request in its three media types; beside a text, fields are parameters."""
    content = {
        JSON: {"schema": refer_to_schema(SpeechBody.__name__), "examples": _SPEECH_EXAMPLES},
        PLAIN_TEXT: {"schema": {"type": "string", "minLength": 1}, "example": EXAMPLE_TEXT},
        SSML: {"schema": _SSML_SCHEMA, "example": _EXAMPLE_SSML},
    }
    parameters = _describe_parameters(SpeechFields, note=f"Only beside `{PLAIN_TEXT}` and `{SSML}`. ")
    return {"parameters": parameters, "requestBody": {"required": True, "content": content}}


def describe_openai_body() -> dict[str, Any]:
    """Describe the body of OpenAI's speech route."""
    content = {JSON: {"schema": refer_to_schema(OpenAiSpeech.__name__), "examples": _OPENAI_EXAMPLES}}
    return {"requestBody": {"required": True, "content": content}}


def describe_speech_query() -> dict[str, Any]:
    """Describe a speech request without a body: either `text` or `ssml` is a parameter."""
    parts = [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in (
            ("Range", "One range of bytes of the complete audio, such as `bytes=0-1023`."),
            ("If-Range", "The ETag of the parts that are there already."),
            ("If-None-Match", "The ETag of the response that is there already."),
        )
    ]
    fields = _describe_parameters(SpeechBody, leave_out=JSON_FIELDS)
    # Only this one has an example: a form sends the examples of all parameters at once.
    filled = [{**one, "example": EXAMPLE_TEXT} if one["name"] == "text" else one for one in fields]
    return {"parameters": [*filled, *parts]}


def describe_audio_response() -> Responses:
    """Describe the response: audio, or JSON or events that contain it."""
    return {
        200: {
            "description": "The speech",
            "headers": {**SPEECH_HEADERS, **CACHE_HEADERS},
            "content": {
                JSON: {"schema": refer_to_schema(answers.TimedSpeech.__name__)},
                **_AUDIO,
                **_describe_lines(),
                **_describe_event_stream(answers.SpeechError),
            },
        }
    }


def describe_audio_ranges() -> Responses:
    """Describe a response with audio that supports range requests."""
    whole = describe_audio_response()[200]
    every = {**whole["headers"], **refer_to_headers("Accept-Ranges")}
    part = {
        "description": "A part of the audio",
        "headers": {**every, **refer_to_headers("Content-Range")},
        "content": _AUDIO,
    }
    known = {"description": "The client has the response already, by If-None-Match", "headers": CACHE_HEADERS}
    return {200: {**whole, "headers": every}, 206: part, 304: known}


def describe_openai_response() -> Responses:
    """Describe the response of OpenAI's speech route: audio, or events with pieces of it."""
    content = {**_AUDIO, **_describe_event_stream(answers.OpenAiError)}
    return {200: {"description": "The speech", "headers": SPEECH_HEADERS, "content": content}}


def describe_plan_response() -> Responses:
    """Describe a response with a plan."""
    return describe_json(PlanJson, "The plan", headers=refer_to_headers("ETag"), links=_PLAN_LINKS)


def _describe_parameters(
    model: type[SpeechFields], note: str = "", leave_out: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Describe fields as parameters of a query, without examples: forms send every example."""
    parameters = []
    for name, schema in model.model_json_schema()["properties"].items():
        if name in leave_out:
            continue
        blend = f" Here, a blend is written as `{_EXAMPLE_BLEND}`." if name == "emotion" else ""
        description = note + schema.get("description", "") + blend
        # A query can contain neither null nor an object.
        kinds = [one for one in schema["anyOf"] if one.get("type") not in ("null", "object")]
        only = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        parameters.append({"name": name, "in": "query", "required": False, "description": description, "schema": only})
    return parameters
