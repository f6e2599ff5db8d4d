"""What logs and counters call an address: the template of its route, never what its caller wrote."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from app.api.middleware.access_log import UNKNOWN_ROUTE, RouteTemplates
from app.main import create_app
from app.settings import load_settings

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(load_settings(rate_limit=1))


def routes_of(metrics: str) -> set[str]:
    lines = [line for line in metrics.splitlines() if line.startswith("intone_requests_total")]
    return {line.split('route="')[1].split('"')[0] for line in lines}


async def ask(app: FastAPI, *paths: str) -> str:
    """Ask each path with every method; the metrics behind that."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in paths:
            for method in METHODS:
                await client.request(method, path)
        return (await client.get("/metrics")).text


@pytest.mark.anyio
async def test_every_documented_path_is_counted_as_it_is_documented(app: FastAPI) -> None:
    documented = set(app.openapi()["paths"])
    metrics = await ask(app, *(path.replace("{name}", "some") for path in documented))
    assert documented <= routes_of(metrics)


@pytest.mark.anyio
async def test_whatever_is_asked_the_names_of_routes_are_few(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    known = {*app.openapi()["paths"], "/docs", "/openapi.json", "/static-offline-docs", UNKNOWN_ROUTE, "/"}
    words = [f"quarzuhr{number}" for number in range(50)]
    with caplog.at_level(logging.DEBUG, "intone.request"):
        metrics = await ask(app, *(f"/{word}?{word}" for word in words), *(f"/voices/{word}" for word in words))
    assert routes_of(metrics) <= known
    facts = [record.facts for record in caplog.records if record.name == "intone.request"]  # type: ignore[attr-defined]
    assert len(facts) == 2 * len(words) * len(METHODS) + 1
    assert "quarzuhr" not in metrics + str(facts)


async def nothing(*_: object) -> None:
    """An app that is never called."""


def test_what_is_mounted_takes_only_what_the_routes_leave() -> None:
    templates = RouteTemplates([Mount("/", nothing), Mount("/files", nothing), Route("/a/{name:path}", nothing)])
    assert [templates.of(path) for path in ("/a/b/c", "/x", "/")] == ["/a/{name}", "/", "/"]


def test_what_no_route_has_is_one_name() -> None:
    assert RouteTemplates([Route("/a", nothing)]).of("/b") == UNKNOWN_ROUTE


def test_a_path_that_ends_in_a_line_feed_has_no_route() -> None:
    assert RouteTemplates([Route("/a", nothing), Mount("/files", nothing)]).of("/a\n") == UNKNOWN_ROUTE


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/health%0A", "/voices/wren%0A", "/v1/models/tts-1%0A", "/static-offline-docs/x%0A"])
async def test_a_path_that_ends_in_a_line_feed_is_404(app: FastAPI, path: str) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path)
        allowed = await client.options(path)
    error = answer.json().get("error", answer.json())
    assert (answer.status_code, error["code"], allowed.status_code) == (404, "not_found", 404)
