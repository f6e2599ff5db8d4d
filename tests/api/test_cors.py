"""Pages of other origins: who is let in, and what they can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import load_settings
from tests.serving import service_without_models, serving_here

PAGE = "https://page.example"
KEYS = {"alice": "key-of-alice-0123456789"}
ALICE = {"Authorization": f"Bearer {KEYS['alice']}"}


def broken_app(**settings: Any) -> FastAPI:
    """The service with one more route, which fails."""
    app = create_app(load_settings(**settings))

    @app.get("/v1/broken")
    async def broken() -> None:
        raise ValueError("broken")

    return app


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    app = broken_app(cors_origins=[PAGE, "http://localhost:3000"], api_keys=KEYS, rate_limit=1)
    with serving_here(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def preflight(client: httpx.Client, origin: str = PAGE, method: str = "POST", headers: str = "") -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options("/analyze", headers={name: value for name, value in asked.items() if value})


def test_a_preflight_needs_no_key_and_allows_what_our_clients_send(client: httpx.Client) -> None:
    answer = preflight(client, headers="authorization,content-type,accept,range,x-request-id")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PAGE)
    assert answer.headers["access-control-allow-methods"] == "GET, POST, HEAD, OPTIONS"
    assert {"Authorization", "Range", "X-Request-Id"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert answer.headers["x-request-id"]


def test_openais_own_client_may_send_its_headers_from_a_page(client: httpx.Client) -> None:
    sent = "authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os,x-stainless-package-version"
    more = ",x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout"
    assert preflight(client, headers=sent + more).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://other.example"}, {"method": "DELETE"}, {"headers": "x-other"}, {"origin": "null"}]
)
def test_another_preflight_is_refused(client: httpx.Client, wrong: dict[str, str]) -> None:
    assert preflight(client, **wrong).status_code == 400


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
def test_every_answer_can_be_read_by_an_allowed_page_errors_too(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    for _ in range(2 if status == 429 else 1):
        answer = client.request(method, path, headers={**headers, "Origin": PAGE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, PAGE)
    assert "Origin" in answer.headers["vary"]


def test_another_page_can_read_nothing(client: httpx.Client) -> None:
    answer = client.get("/health", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_page_can_read_every_header_of_ours(client: httpx.Client) -> None:
    readable = set(client.get("/health", headers={"Origin": PAGE}).headers["access-control-expose-headers"].split(", "))
    documented = client.get("/openapi.json").json()["paths"]["/synthesize"]["post"]["responses"]["200"]["headers"]
    assert set(documented) <= readable
    assert {"Retry-After", "Content-Disposition", "Content-Range", "Accept-Ranges", "X-Should-Retry"} <= readable


def test_a_star_lets_every_page_in() -> None:
    with service_without_models(cors_origins="*") as client:
        assert preflight(client, origin="https://any.example").headers["access-control-allow-origin"] == "*"
        assert client.get("/health", headers={"Origin": PAGE}).headers["access-control-allow-origin"] == "*"


def test_without_the_setting_no_page_is_let_in() -> None:
    with service_without_models() as client:
        asked = preflight(client)
        assert (asked.status_code, asked.headers["allow"]) == (204, "POST, OPTIONS")
        for answer in (asked, client.get("/health", headers={"Origin": PAGE})):
            assert not [name for name in answer.headers if name.startswith("access-control-")]
