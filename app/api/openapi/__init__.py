"""Build the OpenAPI document from the routes, the types of bodies, and the tables of errors and formats.

Only descriptions and examples are written by hand.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from app.api.clients import is_public
from app.api.openapi.errors import describe_headers, make_error_examples, refer_to_headers
from app.api.schemas import answers
from app.api.schemas.openai import OpenAiSpeech
from app.api.schemas.request import SpeechBody
from app.errors import ERRORS
from app.planning.serialize import PlanJson
from app.voices.serialize import ReloadJson, VoiceJson, VoicesJson

DESCRIPTION = """Speech whose every sentence carries the emotion of its words.

- `null` in a body means the default of the field. Case is ignored in names of voices, emotions, styles and formats.
- Every address that accepts GET accepts HEAD; every address accepts OPTIONS, which needs no key.
- The response and the log repeat an `X-Request-Id` of the request (up to 64 letters, digits, `.`, `_` and `-`).
- Errors are `application/problem+json` (below `/v1`: OpenAI's form) with one of these codes:

"""
_TAGS = {
    "speech": "Text, SSML or an edited plan in; audio, or the plan, out.",
    "documents": "Books and other files of authors, read to their chapters.",
    "voices": "Voices, emotions and supported markup.",
    "openai": "OpenAI's routes and the two lists that Open WebUI requests; their clients need no change.",
    "sagemaker": "Routes that Amazon SageMaker calls.",
    "operation": "Health and metrics.",
}
TAGS = [{"name": name, "description": text} for name, text in _TAGS.items()]

_JSON_SUFFIX = "Json"
"""Suffix of a type that is the JSON form of another; the API reference has only the JSON form."""
_RESPONSE_TYPES = (
    *(answers.Problem, answers.OpenAiError, *answers.SPEECH_EVENTS, answers.SpeechError, answers.TimedSpeech),
    *(PlanJson, VoicesJson, VoiceJson, ReloadJson, answers.SsmlTable, answers.DocumentJson),
    *(answers.Models, answers.Model, answers.AudioModels, answers.AudioVoices, answers.Alive, answers.Ready),
)
"""Types that responses refer to. FastAPI does not know them: it would build their schemas at every start."""


def describe_api() -> str:
    """Return the description of the API, including the table of errors."""
    rows = (f"| {kind.status} | `{kind.code}` | {kind.title} |" for kind in ERRORS)
    return DESCRIPTION + "\n".join(("| status | code | meaning |", "|---|---|---|", *rows)) + "\n"


def make_operation_id(route: APIRoute) -> str:
    """Return a route's name as generated clients call it: `synthesizeGet` for `synthesize_get`."""
    first, *rest = route.name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def build_document(app: FastAPI, with_keys: bool) -> dict[str, Any]:
    """Build the document, which takes a quarter of a second, at the first call; it is a parameter of FastAPI's cache.

    `with_keys` is whether the service has keys, so that requests need one.
    """
    if (built := app.openapi_schema) is not None:
        return built
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        openapi_version=app.openapi_version,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = document["components"]
    components.setdefault("schemas", {}).update(_generate_schemas())
    components["examples"] = make_error_examples()
    components["headers"] = describe_headers()
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    # Without keys, requests that send one are accepted too.
    security: list[dict[str, list[str]]] = [{"key": []}] if with_keys else [{"key": []}, {}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["security"] = [] if is_public(method.upper(), path) else security
            _complete_responses(operation["responses"])
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    finished: dict[str, Any] = json.loads(json.dumps(document).replace(f'{_JSON_SUFFIX}"', '"'))
    app.openapi_schema = finished
    return finished


def _complete_responses(responses: dict[str, Any]) -> None:
    """Remove FastAPI's validation error, which no route returns, and add the headers that every response has."""
    refused = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if refused.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
    for response in responses.values():
        response["headers"] = {**refer_to_headers("X-Request-Id"), **response.get("headers", {})}


def _generate_schemas() -> dict[str, Any]:
    """Return the schemas of bodies of requests and responses."""
    template = "#/components/schemas/{model}"
    bodies = [(model.__name__, "validation", TypeAdapter(model)) for model in (SpeechBody, OpenAiSpeech)]
    responses = [(model.__name__, "serialization", TypeAdapter(model)) for model in _RESPONSE_TYPES]
    _, generated = TypeAdapter.json_schemas([*bodies, *responses], ref_template=template)  # type: ignore[list-item]
    return generated["$defs"]  # type: ignore[no-any-return]
