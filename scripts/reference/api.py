"""Every route with its fields, answers and examples, from the OpenAPI document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from app.api.openapi.examples import TEXT
from app.main import create_app
from app.settings import load_settings
from scripts.reference.markdown import block, code, codes, table
from scripts.reference.markdown import page as whole
from scripts.reference.schema import fields, kind

HEAD = ("field", "value", "default", "meaning")
PARAMETERS = ("parameter", "in", "value", "meaning")
JSON = "application/json"
ADDRESS = "http://127.0.0.1:8000"
STATUS = "curl -s -o answer -w '%{http_code}\\n'"
ABOUT = f"""What `/openapi.json` says; `/docs` shows it in a browser, with forms to try it. The examples ask a service
at `{ADDRESS}`, put the answer into the file `answer`, and show its status. [errors.md](errors.md) lists the errors."""
BESIDE = (
    "Beside a body that is no JSON, the fields of SpeechBody but for `text`, `ssml` and `plan` are query parameters."
)
NAMES = {"/voices/{name}": "wren", "/v1/models/{name}": "intone"}
"""What stands for a path's parameter in an example."""
BODIES = ("SpeechBody", "OpenAiSpeech", "VoiceId", "PlanBody", "UtteranceBody", "AnalyzedBody")
ANSWERS = (
    *("Plan", "Classifier", "Utterance", "Emotion", "Source", "Analyzed", "Word", "Mark", "Warning", "TimedSpeech"),
    *("Voices", "Voice", "Checkpoint", "SsmlTable", "SsmlElement", "SsmlAttribute", "Alive", "Ready"),
    *("Models", "Model", "AudioModels", "AudioVoices", "Named", "Problem", "FieldProblem", "OpenAiError"),
    *("OpenAiProblem", "AudioDelta", "AudioDone", "Usage"),
)


def page() -> str:
    """The page."""
    document = create_app(load_settings()).openapi()
    schemas = document["components"]["schemas"]
    parts = (
        part
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for part in route(method.upper(), path, operation)
    )
    bodies = (part for name in BODIES for part in model(name, schemas[name]))
    answers = (part for name in ANSWERS for part in model(name, schemas[name]))
    return whole("API", ABOUT, "## Routes", *parts, "## Bodies", *bodies, "## Answers", *answers)


def model(name: str, schema: dict[str, Any]) -> tuple[str, ...]:
    """A body, or a part of one."""
    shown = table(HEAD, fields(schema)) if "properties" in schema else codes(schema["enum"])
    return f"### {name}", schema.get("description", ""), shown


def route(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    """One route."""
    yield f"### {method} {path}"
    yield f"**{operation['summary']}** — {operation['description']}"
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        bodies = (f"{code(one)} ({kind(body['schema'])})" for one, body in content.items())
        yield f"Body: {', '.join(bodies)}."
    if content and operation.get("parameters"):
        yield BESIDE
    elif parameters := operation.get("parameters"):
        yield table(PARAMETERS, map(parameter, parameters))
    yield f"Answers: {codes(operation['responses'])}."
    yield block(examples(method, path, content), "console")


def parameter(one: dict[str, Any]) -> tuple[str, ...]:
    """One parameter of a path, a query or a header."""
    return code(one["name"]), one["in"], kind(one["schema"]), one.get("description", "")


def examples(method: str, path: str, content: dict[str, Any]) -> Iterator[str]:
    """Commands that ask, each with the status that comes back."""
    for words in requests(method, path.replace("{name}", NAMES.get(path, "")), content):
        yield f"$ {STATUS} {words}"
        yield "200"


def requests(method: str, path: str, content: dict[str, Any]) -> Iterator[str]:
    """What curl is told, once for each example of a body."""
    address = ADDRESS + path
    if (method, path) == ("GET", "/synthesize"):
        yield f"-G {address} --data-urlencode {shlex.quote(f'text={TEXT}')} -d emotion=joy -d format=mp3"
    elif not content:
        yield address if method == "GET" else f"-X {method} {address}"
    for media_type, body in content.items():
        for example in bodies(body):
            header = shlex.quote(f"Content-Type: {media_type}")
            yield f"{address} -H {header} -d {shlex.quote(example)}"


def bodies(body: dict[str, Any]) -> Iterator[str]:
    """The examples of a body, as they are sent."""
    if "example" in body:
        yield body["example"]
    for one in body.get("examples", {}).values():
        yield json.dumps(one["value"], ensure_ascii=False)
