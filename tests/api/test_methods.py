"""OPTIONS, HEAD, and methods that a path does not allow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import StreamingResponse

from app.api.middleware import RouteTable
from app.main import create_app
from app.settings import load_settings
from tests.serving import serve_in_thread, service_without_models

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
        ("/voices/reload", "POST, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        (STATIC, "GET, HEAD, OPTIONS"),
    ],
)
def test_options_and_405_responses_list_the_allowed_methods(client: httpx.Client, path: str, allowed: str) -> None:
    options = client.options(path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")
    assert "content-type" not in options.headers
    for method in ("DELETE", "PUT", "PATCH", "BREW"):
        refusal = client.request(method, path)
        assert (refusal.status_code, refusal.headers["allow"]) == (405, allowed)
        assert refusal.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "HEAD", "POST", "DELETE"])
def test_an_unknown_path_allows_no_methods(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/nowhere")
    assert (response.status_code, "allow" in response.headers) == (404, False)
    assert response.headers["content-type"] == "application/problem+json"


def test_the_allowed_methods_of_a_path_are_those_of_its_own_routes() -> None:
    app, router = FastAPI(), APIRouter(prefix="/in")
    for one in (app, router):
        one.put("/{name}")(lambda: None)
        one.post("/both")(lambda: None)
        one.get("/both")(lambda: None)
    table = RouteTable([*app.routes, *router.routes])
    for path in ("/both", "/in/both"):
        assert table.list_methods(path) == ("GET", "POST", "HEAD", "OPTIONS")
    assert table.list_methods("/other") == ("PUT", "OPTIONS")


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/ready", "/voices", "/nowhere", STATIC])
def test_head_is_get_without_a_body(client: httpx.Client, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


def test_head_is_refused_if_only_post_is_allowed(client: httpx.Client) -> None:
    response = client.head("/analyze")
    assert (response.status_code, response.headers["allow"], response.content) == (405, "POST, OPTIONS", b"")


def test_head_ignores_ranges(client: httpx.Client) -> None:
    headers = {"Range": "bytes=0-9"}
    assert client.get(STATIC, headers=headers).status_code == 206
    assert client.head(STATIC, headers=headers).status_code == 200


def test_head_closes_a_stream_after_its_first_chunk() -> None:
    chunks: list[int] = []
    closed = []

    async def generate_chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                chunks.append(1)
                yield b"piece"
                await asyncio.sleep(0.01)
        finally:
            closed.append(True)

    app = create_app(load_settings())
    app.add_api_route("/stream", lambda: StreamingResponse(generate_chunks(), media_type="audio/wav"))
    with serve_in_thread(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        response = client.head("/stream")
        assert (response.status_code, response.headers["content-type"]) == (200, "audio/wav")
        # The connection remains usable afterwards.
        assert client.get("/health").status_code == 200
    assert closed and len(chunks) < 100
