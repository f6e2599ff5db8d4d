"""The service behind a proxy, below a root path."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import load_settings
from tests.serving import service_without_models


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_without_models(root_path="/tts/", api_keys="key-of-alice-0123456789") as client:
        yield client


@pytest.mark.parametrize("prefix", ["", "/tts"])
def test_the_prefix_may_be_passed_on_or_stripped(client: httpx.Client, prefix: str) -> None:
    expected = {
        "/health": (200, None),
        "/voices": (503, "not_ready"),
        "/voices/wren": (503, "not_ready"),
        "/nowhere": (401, "unauthorized"),
        "/synthesize": (401, "unauthorized"),
    }
    for path, outcome in expected.items():
        response = client.get(prefix + path)
        assert (response.status_code, response.json().get("code")) == outcome
    assert client.options(f"{prefix}/analyze").headers["allow"] == "POST, OPTIONS"
    assert client.options(f"{prefix}/nowhere").status_code == 404


@pytest.mark.parametrize("prefix", ["", "/tts"])
def test_the_documentation_page_loads_its_files_below_the_prefix(client: httpx.Client, prefix: str) -> None:
    page = client.get(f"{prefix}/docs").text
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(parts) >= 3
    for part in [*parts, "/tts/openapi.json"]:
        assert part.startswith("/tts/") and part in page
        assert client.get(part).status_code == client.get(part.removeprefix("/tts")).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/tts"])
def test_the_api_reference_names_the_prefix(client: httpx.Client, prefix: str) -> None:
    document = client.get(f"{prefix}/openapi.json").json()
    assert document["servers"] == [{"url": "/tts"}]
    assert "/synthesize" in document["paths"]


def test_the_type_of_a_problem_does_not_contain_the_prefix(client: httpx.Client) -> None:
    assert client.get("/tts/voices").json()["type"] == "/errors/not_ready"


def test_the_prefix_alone_leads_to_the_web_page(client: httpx.Client) -> None:
    assert client.get("/tts", follow_redirects=True).url.path == "/tts/"
    assert client.get("/tts/").content == client.get("/").content


@pytest.mark.parametrize("path", ["/tts/tts/health", "/ttshealth", "/TTS/health"])
def test_a_path_that_only_resembles_the_prefix_is_not_recognized(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 401


@pytest.fixture
def app() -> FastAPI:
    return create_app(load_settings(root_path="/tts"))


@pytest.mark.anyio
async def test_the_log_names_routes_without_the_prefix_and_omits_probes(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with caplog.at_level(logging.INFO, "intone.request"):
            for path in ("/tts/health", "/health", "/tts/voices", "/voices"):
                await client.get(path)
    lines = [record.facts for record in caplog.records if record.name == "intone.request"]  # type: ignore[attr-defined]
    assert [line["route"] for line in lines] == ["/voices", "/voices"]
