"""Names of routes in logs and metrics: the template of the route, never the path of the request."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from app.api.middleware import UNKNOWN_ROUTE, RouteTable
from app.main import create_app
from app.settings import load_settings

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(load_settings(rate_limit=1))


def read_routes(metrics: str) -> set[str]:
    lines = [line for line in metrics.splitlines() if line.startswith("intone_requests_total")]
    return {line.split('route="')[1].split('"')[0] for line in lines}


async def request_paths(app: FastAPI, *paths: str) -> str:
    """Request each path with every method, and return the metrics afterwards."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in paths:
            for method in METHODS:
                await client.request(method, path)
        return (await client.get("/metrics")).text


@pytest.fixture
def documented(app: FastAPI) -> set[str]:
    return set(app.openapi()["paths"])


@pytest.mark.anyio
async def test_every_documented_path_is_counted_under_its_template(app: FastAPI, documented: set[str]) -> None:
    metrics = await request_paths(app, *(path.replace("{name}", "some") for path in documented))
    assert documented <= read_routes(metrics)


@pytest.mark.anyio
async def test_arbitrary_paths_add_no_names_of_routes(
    app: FastAPI, documented: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    known = {*documented, "/docs", "/openapi.json", "/static-offline-docs", UNKNOWN_ROUTE, "/"}
    words = [f"quarzuhr{number}" for number in range(50)]
    with caplog.at_level(logging.DEBUG, "intone.request"):
        metrics = await request_paths(
            app, *(f"/{word}?{word}" for word in words), *(f"/voices/{word}" for word in words)
        )
    assert read_routes(metrics) <= known
    facts = [record.facts for record in caplog.records if record.name == "intone.request"]  # type: ignore[attr-defined]
    assert len(facts) == 2 * len(words) * len(METHODS) + 1
    assert "quarzuhr" not in metrics + str(facts)


async def do_nothing(*_: object) -> None:
    """Stand in for an app that is never called."""


def test_routes_take_precedence_over_mounts() -> None:
    templates = RouteTable([Mount("/", do_nothing), Mount("/files", do_nothing), Route("/a/{name:path}", do_nothing)])
    assert [templates.find_template(path) for path in ("/a/b/c", "/x", "/")] == ["/a/{name}", "/", "/"]


def test_paths_without_a_route_share_one_name() -> None:
    assert RouteTable([Route("/a", do_nothing)]).find_template("/b") == UNKNOWN_ROUTE


def test_a_path_that_ends_in_a_line_feed_has_no_route() -> None:
    assert RouteTable([Route("/a", do_nothing), Mount("/files", do_nothing)]).find_template("/a\n") == UNKNOWN_ROUTE


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/health%0A", "/voices/wren%0A", "/v1/models/tts-1%0A", "/static-offline-docs/x%0A"])
async def test_a_path_that_ends_in_a_line_feed_is_404(app: FastAPI, path: str) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get(path)
        allowed = await client.options(path)
    error = response.json().get("error", response.json())
    assert (response.status_code, error["code"], allowed.status_code) == (404, "not_found", 404)
