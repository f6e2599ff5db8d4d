"""CORS: which origins may send requests, and which headers they can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import load_settings
from tests.serving import serve_in_thread, service_without_models

ORIGIN = "https://page.example"
KEYS = {"alice": "key-of-alice-0123456789"}
ALICE = {"Authorization": f"Bearer {KEYS['alice']}"}


def create_broken_app(**settings: Any) -> FastAPI:
    """Create the service with one more route, which fails."""
    app = create_app(load_settings(**settings))

    @app.get("/v1/broken")
    async def fail() -> None:
        raise ValueError("broken")

    return app


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    app = create_broken_app(cors_origins=[ORIGIN, "http://localhost:3000"], api_keys=KEYS, rate_limit=1)
    with serve_in_thread(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def send_preflight(
    client: httpx.Client, origin: str = ORIGIN, method: str = "POST", headers: str = ""
) -> httpx.Response:
    fields = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options("/analyze", headers={name: value for name, value in fields.items() if value})


def test_a_preflight_needs_no_key_and_allows_the_headers_of_our_clients(client: httpx.Client) -> None:
    response = send_preflight(client, headers="authorization,content-type,accept,range,x-request-id")
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert response.headers["access-control-allow-methods"] == "GET, POST, HEAD, OPTIONS"
    assert {"Authorization", "Range", "If-None-Match", "X-Request-Id"} <= set(
        response.headers["access-control-allow-headers"].split(", ")
    )
    assert response.headers["x-request-id"]


def test_a_preflight_allows_the_headers_of_openais_own_client(client: httpx.Client) -> None:
    sent = "authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os,x-stainless-package-version"
    more = ",x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout"
    assert send_preflight(client, headers=sent + more).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://other.example"}, {"method": "DELETE"}, {"headers": "x-other"}, {"origin": "null"}]
)
def test_an_invalid_preflight_is_refused(client: httpx.Client, wrong: dict[str, str]) -> None:
    assert send_preflight(client, **wrong).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/health", {}, 200),
        ("GET", "/nowhere", ALICE, 404),
        ("POST", "/synthesize", {}, 401),
        ("DELETE", "/synthesize", ALICE, 405),
        ("POST", "/synthesize", ALICE, 429),
        ("GET", "/v1/broken", {}, 500),
        ("GET", "/voices", {}, 503),
    ],
)
def test_an_allowed_origin_can_read_every_response_including_errors(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    for _ in range(2 if status == 429 else 1):
        response = client.request(method, path, headers={**headers, "Origin": ORIGIN})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (status, ORIGIN)
    assert "Origin" in response.headers["vary"]


def test_another_origin_cannot_read_a_response(client: httpx.Client) -> None:
    response = client.get("/health", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in response.headers


def test_an_allowed_origin_can_read_every_documented_header(client: httpx.Client) -> None:
    readable = set(
        client.get("/health", headers={"Origin": ORIGIN}).headers["access-control-expose-headers"].split(", ")
    )
    documented = client.get("/openapi.json").json()["paths"]["/synthesize"]["post"]["responses"]["200"]["headers"]
    assert set(documented) <= readable
    assert {"Retry-After", "Content-Disposition", "Content-Range", "Accept-Ranges", "X-Should-Retry"} <= readable


def test_a_star_allows_every_origin() -> None:
    with service_without_models(cors_origins="*") as client:
        assert send_preflight(client, origin="https://any.example").headers["access-control-allow-origin"] == "*"
        assert client.get("/health", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == "*"


def test_without_the_setting_no_origin_is_allowed() -> None:
    with service_without_models() as client:
        preflight = send_preflight(client)
        assert (preflight.status_code, preflight.headers["allow"]) == (204, "POST, OPTIONS")
        for response in (preflight, client.get("/health", headers={"Origin": ORIGIN})):
            assert not [name for name in response.headers if name.startswith("access-control-")]
