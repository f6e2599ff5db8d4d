"""OPTIONS, HEAD, and methods that a path does not take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import StreamingResponse

from app.api.errors import allowed_methods
from app.main import create_app
from app.settings import load_settings
from tests.serving import service_without_models, serving_here

STATIC = "/static-offline-docs/swagger-ui.css"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_without_models() as client:
        yield client


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/analyze", "POST, OPTIONS"),
        ("/voices", "GET, HEAD, OPTIONS"),
        ("/voices/wren", "GET, HEAD, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        (STATIC, "GET, HEAD, OPTIONS"),
    ],
)
def test_options_and_a_wrong_method_tell_all_methods(client: httpx.Client, path: str, allowed: str) -> None:
    asked = client.options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allowed, b"")
    assert "content-type" not in asked.headers
    for method in ("DELETE", "PUT", "PATCH", "BREW"):
        wrong = client.request(method, path)
        assert (wrong.status_code, wrong.headers["allow"]) == (405, allowed)
        assert wrong.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "HEAD", "POST", "DELETE"])
def test_a_path_that_is_not_there_has_no_methods(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/nowhere")
    assert (answer.status_code, "allow" in answer.headers) == (404, False)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_methods_of_a_path_are_those_of_all_its_routes() -> None:
    app, router = FastAPI(), APIRouter(prefix="/in")
    for one in (app, router):
        one.post("/both")(lambda: None)
        one.get("/both")(lambda: None)
        one.put("/{name}")(lambda: None)
    app.include_router(router)
    for path in ("/both", "/in/both"):
        assert allowed_methods(app.routes, path) == ("GET", "POST", "PUT", "HEAD", "OPTIONS")
    assert allowed_methods(app.routes, "/other") == ("PUT", "OPTIONS")


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/ready", "/voices", "/nowhere", STATIC])
def test_head_is_get_without_a_body(client: httpx.Client, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_head_where_only_post_is_taken_is_a_wrong_method(client: httpx.Client) -> None:
    answer = client.head("/analyze")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST, OPTIONS", b"")


def test_head_has_no_ranges(client: httpx.Client) -> None:
    headers = {"Range": "bytes=0-9"}
    assert client.get(STATIC, headers=headers).status_code == 206
    assert client.head(STATIC, headers=headers).status_code == 200


def test_head_of_a_stream_ends_it_at_its_first_piece() -> None:
    made: list[int] = []
    closed = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                made.append(1)
                yield b"piece"
                await asyncio.sleep(0.01)
        finally:
            closed.append(True)

    app = create_app(load_settings())
    app.add_api_route("/stream", lambda: StreamingResponse(pieces(), media_type="audio/wav"))
    with serving_here(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        answer = client.head("/stream")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
        # The connection is in order behind it.
        assert client.get("/health").status_code == 200
    assert closed and len(made) < 100
