"""Render the page of all routes with their fields, responses and examples, from the OpenAPI document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from app.api.openapi.speech import EXAMPLE_TEXT
from app.main import create_app
from app.settings import load_settings
from scripts.reference.markdown import format_block, format_code, format_codes, make_page, make_table
from scripts.reference.schema import describe_kind, list_fields

HEAD = ("field", "value", "default", "meaning")
PARAMETERS = ("parameter", "in", "value", "meaning")
JSON = "application/json"
ADDRESS = "http://127.0.0.1:8000"
STATUS = "curl -s -o answer -w '%{http_code}\\n'"
ABOUT = f"""The content of `/openapi.json`; `/docs` shows it in a browser, with forms to try it. The examples send
requests to a service at `{ADDRESS}`, write the response into the file `answer`, and print its status
code. [errors.md](errors.md) lists the errors."""
QUERY_FIELDS = (
    "With a body that is not JSON, the fields of SpeechBody except `text`, `ssml`, `turns` and `plan` are query "
    "parameters."
)
NAMES = {"/voices/{name}": "wren", "/voices/{name}/sample": "wren", "/v1/models/{name}": "intone"}
"""Values of path parameters in examples."""
REFUSED = {"/voices/reload": "403"}
"""Status codes of examples that a service without keys refuses."""
BODIES = ("SpeechBody", "OpenAiSpeech", "VoiceId", "TurnBody", "PlanBody", "UtteranceBody", "AnalyzedBody")
RESPONSES = (
    *("Plan", "Classifier", "Utterance", "Emotion", "Source", "Analyzed", "Word", "Mark", "Warning", "TimedSpeech"),
    *("Voices", "Voice", "Reload", "Checkpoint", "SsmlTable", "SsmlElement", "SsmlAttribute", "Alive", "Ready"),
    *("Models", "Model", "AudioModels", "AudioVoices", "Named", "Problem", "FieldProblem", "OpenAiError"),
    *("OpenAiProblem", "SpeechStart", "UtteranceStart", "AudioDelta", "UtteranceDone"),
    *("AudioDone", "Usage", "SpeechError", "Document", "Chapter"),
)


def render() -> str:
    """Return the page."""
    document = create_app(load_settings()).openapi()
    schemas = document["components"]["schemas"]
    parts = (
        part
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for part in render_route(method.upper(), path, operation)
    )
    bodies = (part for name in BODIES for part in render_model(name, schemas[name]))
    responses = (part for name in RESPONSES for part in render_model(name, schemas[name]))
    return make_page("API", ABOUT, "## Routes", *parts, "## Bodies", *bodies, "## Responses", *responses)


def render_model(name: str, schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the section of a body or of a part of one."""
    shown = make_table(HEAD, list_fields(schema)) if "properties" in schema else format_codes(schema["enum"])
    return f"### {name}", schema.get("description", ""), shown


def render_route(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    """Yield the paragraphs of a route."""
    yield f"### {method} {path}"
    yield f"**{operation['summary']}** — {operation['description']}"
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        bodies = (f"{format_code(one)} ({describe_kind(body['schema'])})" for one, body in content.items())
        yield f"Body: {', '.join(bodies)}."
    if JSON in content and operation.get("parameters"):
        yield QUERY_FIELDS
    elif parameters := operation.get("parameters"):
        yield make_table(PARAMETERS, map(make_row, parameters))
    yield f"Responses: {format_codes(operation['responses'])}."
    yield format_block(make_examples(method, path, content), "console")


def make_row(one: dict[str, Any]) -> tuple[str, ...]:
    """Return the row of a parameter of a path, a query or a header."""
    return format_code(one["name"]), one["in"], describe_kind(one["schema"]), one.get("description", "")


def make_examples(method: str, path: str, content: dict[str, Any]) -> Iterator[str]:
    """Yield commands that send requests, each followed by the status code of the response."""
    for words in make_curl_arguments(method, path.replace("{name}", NAMES.get(path, "")), content):
        yield f"$ {STATUS} {words}"
        yield REFUSED.get(path, "200")


def make_curl_arguments(method: str, path: str, content: dict[str, Any]) -> Iterator[str]:
    """Yield the arguments of curl, once for each example of a body."""
    address = ADDRESS + path
    if (method, path) == ("GET", "/synthesize"):
        yield f"-G {address} --data-urlencode {shlex.quote(f'text={EXAMPLE_TEXT}')} -d emotion=joy -d format=mp3"
    elif not content:
        yield address if method == "GET" else f"-X {method} {address}"
    for media_type, body in content.items():
        for example in list_example_bodies(body):
            header = shlex.quote(f"Content-Type: {media_type}")
            yield f"{address} -H {header} -d {shlex.quote(example)}"


def list_example_bodies(body: dict[str, Any]) -> Iterator[str]:
    """Yield the examples of a body as they are sent."""
    if "example" in body:
        yield body["example"]
    for one in body.get("examples", {}).values():
        yield json.dumps(one["value"], ensure_ascii=False)
