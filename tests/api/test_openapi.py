"""The API reference: it is complete, and its examples work."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi.openapi.models import OpenAPI
from fastapi.routing import APIRoute

import app.api
from app.api.clients import is_public
from app.api.openapi.errors import describe_headers
from app.api.state import limit_rate
from app.errors import ERRORS
from app.main import create_app
from app.settings import load_settings

DOCUMENT: dict[str, Any] = create_app(load_settings()).openapi()
OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    (method.upper(), path): operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
PROBLEM = "application/problem+json"


def list_routes() -> Iterator[APIRoute]:
    """Yield the routes of every module; only a whole router may be left out of the schema, never a single route."""
    for module in pkgutil.walk_packages(app.api.__path__, "app.api."):
        router = getattr(importlib.import_module(module.name), "router", None)
        if router is not None and router.include_in_schema:
            yield from (route for route in router.routes if isinstance(route, APIRoute))


def walk(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a part of the document."""
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from walk(inner)


def list_examples(part: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the schema and the value of every example of a body or a response."""
    for one in walk(part):
        if "schema" in one:
            values = [resolve_example(example) for example in one.get("examples", {}).values()]
            yield from ((one["schema"], value) for value in [*values, *([one["example"]] if "example" in one else [])])


def resolve_example(example: dict[str, Any]) -> Any:
    """Return the value of an example, which may be a reference to a component."""
    reference = example.get("$ref", "").removeprefix("#/components/examples/")
    return DOCUMENT["components"]["examples"][reference]["value"] if reference else example["value"]


def list_codes(operation: dict[str, Any]) -> set[str]:
    """Return the codes of all documented errors of an operation."""
    values = [value for _, value in list_examples(operation["responses"])]
    return {
        value["error"]["code"] if "error" in value else value["code"]
        for value in values
        if "audio" not in value and "data" not in value
    }


def test_the_document_is_valid_openapi() -> None:
    OpenAPI.model_validate(DOCUMENT)


def test_every_route_is_documented_and_nothing_else() -> None:
    existing = {(method, route.path_format) for route in list_routes() for method in route.methods}
    assert set(OPERATIONS) == existing


def test_every_operation_has_a_short_unique_id_a_summary_a_description_and_a_described_tag() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert set(names.values()) == {1}
    assert all(name.isalpha() and len(name) <= 16 for name in names)
    tags = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    for operation in OPERATIONS.values():
        assert operation["summary"] and operation["description"]
        assert set(operation["tags"]) <= tags


def test_every_error_is_documented_for_a_route_or_applies_to_every_path() -> None:
    documented = {code for operation in OPERATIONS.values() for code in list_codes(operation)}
    of_every_path = {"method_not_allowed", "malformed_request", "unknown_host", "head_too_large"}
    # OpenAPI describes no WebSockets.
    of_sockets = {"origin_refused", "socket_silent", "too_many_contexts", "upgrade_required"}
    page = (Path(__file__).parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
    assert all(code in page for code in of_sockets)
    listed = {kind.code for kind in ERRORS}
    # `invalid_api_key` is OpenAI's name of `unauthorized`.
    assert documented - {"invalid_api_key"} == listed - of_every_path - of_sockets
    for row in ERRORS:
        assert f"| {row.status} | `{row.code}` | {row.title} |" in DOCUMENT["info"]["description"]


def test_an_error_is_documented_at_its_status() -> None:
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            for example in response.get("content", {}).get(PROBLEM, {}).get("examples", {}).values():
                problem = resolve_example(example)
                assert problem["status"] == int(status)
                assert (int(status), problem["code"]) in {(kind.status, kind.code) for kind in ERRORS}


LIMITED = {
    (method, route.path)
    for route in list_routes()
    for method in route.methods
    if limit_rate in [one.dependency for one in route.dependencies]
}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_keys_and_rate_limits_are_documented_for_the_routes_that_enforce_them(method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    assert operation["security"] == ([] if is_public(method, path) else [{"key": []}, {}])
    assert ("401" in operation["responses"]) is not is_public(method, path)
    assert ("429" in operation["responses"]) is ((method, path) in LIMITED)


def test_every_route_that_reads_a_body_is_rate_limited() -> None:
    assert {one for one, operation in OPERATIONS.items() if "requestBody" in operation} <= LIMITED


def test_with_configured_keys_the_document_requires_one() -> None:
    settings = load_settings(api_keys="alice=key-of-alice-0123456789")
    paths = create_app(settings).openapi()["paths"]
    assert paths["/synthesize"]["get"]["security"] == [{"key": []}]
    assert paths["/voices"]["get"]["security"] == []


def test_the_errors_of_bodies_are_documented_for_every_route_that_reads_one() -> None:
    for operation in OPERATIONS.values():
        about_bodies = {"unreadable_body", "body_too_large", "body_too_slow"}
        about_bodies |= {"unsupported_media_type", "unsupported_content_encoding"}
        assert about_bodies & list_codes(operation) == (about_bodies if "requestBody" in operation else set())


def test_every_response_documents_its_request_id() -> None:
    for operation in OPERATIONS.values():
        for response in operation["responses"].values():
            assert response["headers"]["X-Request-Id"] == {"$ref": "#/components/headers/X-Request-Id"}


def test_every_reference_resolves_and_every_component_is_referenced() -> None:
    components = DOCUMENT["components"]
    existing = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "headers", "examples") for name in components[kind]
    }
    used = {one["$ref"] for one in walk(DOCUMENT) if isinstance(one.get("$ref"), str)}
    assert used <= existing
    # Some errors belong to no route, or to none below `/v1`, so their examples are unused.
    assert all("/examples/" in one for one in existing - used)
    assert set(components["headers"]) == set(describe_headers())
    assert not [name for name in components["schemas"] if name.endswith("Json")], "a suffix of the code's own types"


def test_every_example_matches_its_schema() -> None:
    checked = 0
    for schema, value in list_examples(DOCUMENT["paths"]):
        full_schema = {**schema, "components": DOCUMENT["components"]}
        errors = [error.message for error in jsonschema_rs.Draft202012Validator(full_schema).iter_errors(value)]
        assert not errors, value
        checked += 1
    assert checked > 100


def list_requests() -> list[Any]:
    """Return the requests that the forms of Swagger UI send unchanged: an example of a body, if there is one, together
    with the examples of all parameters."""
    return [
        pytest.param(method, request, id=f"{operation['operationId']}-{name}")
        for (method, path), operation in OPERATIONS.items()
        for name, request in build_requests(path, operation)
    ]


def build_requests(path: str, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    parameters = operation.get("parameters", [])
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", read_examples(one)[0])
    filled = {
        place: {one["name"]: read_examples(one)[0] for one in parameters if one["in"] == place and read_examples(one)}
        for place in ("query", "header")
    }
    request = {"url": path, "params": filled["query"]}
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        yield "plain", {**request, "headers": filled["header"]}
    for kind, described in content.items():
        headers = {**filled["header"], "Content-Type": kind}
        examples = described.get("examples") or {"plain": {"value": described["example"]}}
        for name, example in examples.items():
            body = {"json": example["value"]} if kind == "application/json" else {"content": example["value"]}
            yield f"{kind}-{name}", {**request, "headers": headers, **body}


def read_examples(parameter: dict[str, Any]) -> list[Any]:
    """Return the values with which Swagger UI fills a form: examples and the default, but no `examples` of a schema."""
    schema = parameter["schema"]
    named = [one["value"] for one in parameter.get("examples", {}).values()]
    single = [place["example"] for place in (parameter, schema) if "example" in place]
    return [*single, *named, *([schema["default"]] if "default" in schema else [])]


@pytest.mark.parametrize(("method", "request_"), list_requests())
def test_every_form_works_as_it_is_filled(client: httpx.Client, method: str, request_: dict[str, Any]) -> None:
    response = client.request(method, **request_)
    # Without keys, nobody may reload the voices.
    refused = request_["url"] == "/voices/reload" and response.status_code == 403
    assert refused or 200 <= response.status_code < 300, response.text
    assert "x-warnings" not in response.headers


def test_only_the_text_of_a_query_is_filled() -> None:
    filled = {
        (path, one["name"])
        for (_, path), operation in OPERATIONS.items()
        for one in operation.get("parameters", [])
        if one["in"] != "path" and read_examples(one)
    }
    assert filled == {("/synthesize", "text")}


PARAMETERS: dict[str, Any] = {
    **{
        "emotion": "joy:0.6,surprise:0.4",
        "degree": 1.3,
        "strength": "fixed",
        "expressiveness": 0.8,
        "context": "It is late.",
    },
    **{"speed": 0.9, "format": "mp3", "sample_rate": 16000, "stream": "true", "timing": "true", "strict": "true"},
    **{"seed": 7, "voice": "wren", "instructions": "Speak slowly.", "tags": "true", "input_format": "markdown"},
    "lexicon": '{"Siobhan": "Shivawn"}',
    "voices": "narration=wren,Ruth=alloy",
    "pauses": "audiobook,paragraph=1.4",
}


@pytest.mark.parametrize(("name", "value"), PARAMETERS.items())
def test_every_parameter_works(client: httpx.Client, name: str, value: Any) -> None:
    got = client.get("/synthesize", params={"text": "Hello.", name: value})
    posted = client.post("/synthesize", params={name: value}, content="Hello.", headers={"Content-Type": "text/plain"})
    for response in (got, posted):
        assert response.status_code == 200, response.text
        assert "x-warnings" not in response.headers


def test_every_field_but_plan_and_turns_is_a_parameter() -> None:
    parameters = OPERATIONS["GET", "/synthesize"]["parameters"]
    names = {one["name"] for one in parameters if one["in"] == "query"}
    assert names == set(DOCUMENT["components"]["schemas"]["SpeechBody"]["properties"]) - {"plan", "turns"}
    assert set(PARAMETERS) == names - {"text", "ssml"}
