"""The API reference: that it leaves nothing out, and that its examples work."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi.openapi.models import OpenAPI
from fastapi.routing import APIRoute

import app.api
from app.api.middleware.auth import is_public
from app.api.openapi.errors import header_components
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


def routes() -> Iterator[APIRoute]:
    """Those of every module that has any; only a whole router may be for people alone, never a single route."""
    for module in pkgutil.walk_packages(app.api.__path__, "app.api."):
        router = getattr(importlib.import_module(module.name), "router", None)
        if router is not None and router.include_in_schema:
            yield from router.routes


def walk(part: Any) -> Iterator[dict[str, Any]]:
    """Every object inside."""
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from walk(inner)


def contents(part: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Schema and value of every example of a body or an answer."""
    for one in walk(part):
        if "schema" in one:
            values = [example_of(example) for example in one.get("examples", {}).values()]
            yield from ((one["schema"], value) for value in [*values, *([one["example"]] if "example" in one else [])])


def example_of(example: dict[str, Any]) -> Any:
    """Its value, here or among the components."""
    reference = example.get("$ref", "").removeprefix("#/components/examples/")
    return DOCUMENT["components"]["examples"][reference]["value"] if reference else example["value"]


def codes_of(operation: dict[str, Any]) -> set[str]:
    """The codes of all documented errors."""
    values = [value for _, value in contents(operation["responses"])]
    return {value["error"]["code"] if "error" in value else value["code"] for value in values if "data" not in value}


def test_it_is_what_the_standard_describes() -> None:
    OpenAPI.model_validate(DOCUMENT)


def test_every_route_is_documented_and_nothing_else() -> None:
    existing = {(method, route.path_format) for route in routes() for method in route.methods}
    assert set(OPERATIONS) == existing


def test_every_operation_has_a_short_name_of_its_own_a_summary_a_text_and_a_described_tag() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert set(names.values()) == {1}
    assert all(name.isalpha() and len(name) <= 16 for name in names)
    tags = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    for operation in OPERATIONS.values():
        assert operation["summary"] and operation["description"]
        assert set(operation["tags"]) <= tags


def test_every_error_is_an_answer_of_some_route_or_of_every_path() -> None:
    answered = {code for operation in OPERATIONS.values() for code in codes_of(operation)}
    of_every_path = {"method_not_allowed", "malformed_request", "unknown_host", "head_too_large"}
    listed = {kind.code for kind in ERRORS}
    # OpenAI's name of `unauthorized`.
    assert answered - {"invalid_api_key"} == listed - of_every_path
    for row in ERRORS:
        assert f"| {row.status} | `{row.code}` | {row.title} |" in DOCUMENT["info"]["description"]


def test_an_error_stands_at_its_status() -> None:
    for operation in OPERATIONS.values():
        for status, answer in operation["responses"].items():
            for example in answer.get("content", {}).get(PROBLEM, {}).get("examples", {}).values():
                told = example_of(example)
                assert told["status"] == int(status)
                assert (int(status), told["code"]) in {(kind.status, kind.code) for kind in ERRORS}


LIMITED = {
    (method, route.path)
    for route in routes()
    for method in route.methods
    if limit_rate in [one.dependency for one in route.dependencies]
}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_key_is_needed_where_the_door_asks_for_one(method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    assert operation["security"] == ([] if is_public(method, path) else [{"key": []}, {}])
    assert ("401" in operation["responses"]) is not is_public(method, path)
    assert ("429" in operation["responses"]) is ((method, path) in LIMITED)


def test_every_route_that_reads_a_body_is_limited() -> None:
    assert {one for one, operation in OPERATIONS.items() if "requestBody" in operation} <= LIMITED


def test_with_keys_there_is_no_way_around_them() -> None:
    settings = load_settings(api_keys="alice=key-of-alice-0123456789")
    paths = create_app(settings).openapi()["paths"]
    assert paths["/synthesize"]["get"]["security"] == [{"key": []}]
    assert paths["/voices"]["get"]["security"] == []


def test_every_body_that_is_read_may_be_unreadable_too_large_too_slow_or_of_another_type() -> None:
    for operation in OPERATIONS.values():
        about_bodies = {"unreadable_body", "body_too_large", "body_too_slow"}
        about_bodies |= {"unsupported_media_type", "unsupported_content_encoding"}
        assert about_bodies & codes_of(operation) == (about_bodies if "requestBody" in operation else set())


def test_every_answer_carries_its_request_id() -> None:
    for operation in OPERATIONS.values():
        for answer in operation["responses"].values():
            assert answer["headers"]["X-Request-Id"] == {"$ref": "#/components/headers/X-Request-Id"}


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    components = DOCUMENT["components"]
    there = {f"#/components/{kind}/{name}" for kind in ("schemas", "headers", "examples") for name in components[kind]}
    # Some errors have no route of their own, or none below `/v1`.
    used = {one["$ref"] for one in walk(DOCUMENT) if isinstance(one.get("$ref"), str)}
    assert used <= there
    assert all("/examples/" in one for one in there - used)
    assert set(components["headers"]) == set(header_components())


def test_every_example_is_what_its_schema_says() -> None:
    checked = 0
    for schema, value in contents(DOCUMENT["paths"]):
        whole = {**schema, "components": DOCUMENT["components"]}
        errors = [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]
        assert not errors, value
        checked += 1
    assert checked > 100


def requests() -> list[Any]:
    """Every example of every operation, as a request."""
    made = []
    for (method, path), operation in OPERATIONS.items():
        for name, request in _examples(path, operation):
            made.append(pytest.param(method, request, id=f"{operation['operationId']}-{name}"))
    return made


def _examples(path: str, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    parameters = operation.get("parameters", [])
    filled = path
    for one in parameters:
        if one["in"] == "path":
            (example,) = one["schema"]["examples"]
            filled = path.replace(f"{{{one['name']}}}", example)
    if "requestBody" in operation:
        yield from _with_body(filled, operation["requestBody"]["content"], parameters)
    elif parameters and filled == path:
        yield from _in_the_query(path, parameters)
    else:
        yield "plain", {"url": filled}


def _with_body(path: str, content: dict[str, Any], parameters: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    for kind, described in content.items():
        examples = described.get("examples") or {"plain": {"value": described["example"]}}
        for name, example in examples.items():
            body = {"json": example["value"]} if kind == "application/json" else {"content": example["value"]}
            yield f"{kind}-{name}", {"url": path, "headers": {"Content-Type": kind}, **body}
        if kind != "application/json":
            for one in parameters:
                if "example" in one:
                    params = {one["name"]: one["example"]}
                    yield (
                        f"{kind}-{one['name']}",
                        {"url": path, "headers": {"Content-Type": kind}, "params": params, **body},
                    )


def _in_the_query(path: str, parameters: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    examples = {one["name"]: one["example"] for one in parameters if "example" in one}
    for name, example in examples.items():
        text = {} if name == "ssml" else {"text": examples["text"]}
        yield name, {"url": path, "params": {**text, name: example}}


@pytest.mark.parametrize(("method", "request_"), requests())
def test_every_example_works(client: httpx.Client, method: str, request_: dict[str, Any]) -> None:
    answer = client.request(method, **request_)
    assert 200 <= answer.status_code < 300, answer.text
    assert "x-warnings" not in answer.headers


def test_every_field_but_the_plan_has_an_example_as_a_parameter() -> None:
    parameters = OPERATIONS["GET", "/synthesize"]["parameters"]
    names = {one["name"] for one in parameters if one["in"] == "query"}
    fields = set(DOCUMENT["components"]["schemas"]["SpeechBody"]["properties"])
    assert names == fields - {"plan"}
    without = {one["name"] for one in parameters if one["in"] == "query" and "example" not in one}
    assert without == {"voice"}, "its name depends on the settings"
