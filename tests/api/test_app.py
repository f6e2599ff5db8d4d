"""The app without models: what it answers before it can speak, and what surrounds every answer."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.api.errors import openai_content, openai_status
from app.api.middleware.access_log import AccessLogMiddleware
from app.api.middleware.errors import GuardMiddleware
from app.audio.encode import FORMATS
from app.errors import ERRORS, IntoneError
from app.main import create_app
from app.metrics import ResponseRecord
from app.settings import load_settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> FastAPI:
    """Never started, so nothing is ever loaded."""
    return create_app(load_settings())


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


async def test_before_the_models_are_loaded_it_lives_but_is_not_ready(client: httpx.AsyncClient) -> None:
    health, ready = await client.get("/health"), await client.get("/ready")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")


@pytest.mark.parametrize(("method", "path"), [("POST", "/synthesize"), ("POST", "/analyze"), ("GET", "/voices")])
async def test_before_it_is_ready_it_asks_to_come_back(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert 1 <= int(answer.headers["retry-after"]) <= 120


async def test_a_problem_has_every_member_and_its_media_type(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "hint", "request_id"}
    assert (problem["type"], problem["status"]) == ("/errors/not_found", 404)
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/voices")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("request_id", ["abc-123", "A.b_c-9", "x" * 64])
async def test_a_sane_request_id_is_kept(client: httpx.AsyncClient, request_id: str) -> None:
    answer = await client.get("/health", headers={"X-Request-Id": request_id})
    assert answer.headers["x-request-id"] == request_id


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "ä", "a;b", "<script>"])
async def test_another_request_id_is_replaced(client: httpx.AsyncClient, request_id: str) -> None:
    answer = await client.get("/health", headers={"X-Request-Id": request_id.encode("latin-1")})
    assert answer.headers["x-request-id"] not in ("", request_id)


async def test_every_request_makes_one_log_line(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "intone.request"):
        answer = await client.get("/openapi.json")
    (record,) = [record for record in caplog.records if record.name == "intone.request"]
    facts = record.facts  # type: ignore[attr-defined]
    assert (facts["method"], facts["route"], facts["status"]) == ("GET", "/openapi.json", 200)
    assert facts["request_id"] == answer.headers["x-request-id"]
    assert facts["ms"] >= 0


@pytest.mark.parametrize("path", ["/health", "/ready", "/ping", "/metrics"])
async def test_probes_are_told_on_demand_only(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    for level, lines in ((logging.INFO, 0), (logging.DEBUG, 1)):
        caplog.clear()
        with caplog.at_level(level, "intone.request"):
            await client.get(path)
        assert len([record for record in caplog.records if record.name == "intone.request"]) == lines


async def test_a_fault_of_the_service_is_a_500_that_tells_the_client_and_the_log_nothing_of_the_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("terces ym"[::-1])  # backwards, for a traceback shows the line

    answered: list[ResponseRecord] = []
    app = AccessLogMiddleware(
        GuardMiddleware(broken, checks=()), template_of=lambda _: "/route", answered=answered.append
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post("/synthesize")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert [(one.route, one.status, one.code) for one in answered] == [("/route", 500, "internal_error")]
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert "my secret" not in answer.text + caplog.text
    assert "ValueError" in caplog.text and "in broken" in caplog.text


async def test_a_request_that_the_server_gives_up_as_it_stops_is_told_to_come_back() -> None:
    begun = asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    app = AccessLogMiddleware(
        GuardMiddleware(endless, checks=()), template_of=lambda _: "/route", answered=lambda _: None
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        asking = asyncio.create_task(client.post("/synthesize"))
        await begun.wait()
        asking.cancel()
        answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert 1 <= int(answer.headers["retry-after"]) <= 120


async def test_openapi_documents_bodies_answers_and_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    speak = document["paths"]["/synthesize"]["post"]
    assert set(speak["requestBody"]["content"]) == {"application/json", "text/plain", "application/ssml+xml"}
    assert set(speak["responses"]["200"]["content"]) == {
        "application/json",
        *(format.content_type for format in FORMATS.values()),
    }
    assert {"400", "404", "406", "409", "413", "415", "422", "503", "504"} <= set(speak["responses"])
    for status in ("400", "422", "503"):
        content = speak["responses"][status]["content"]["application/problem+json"]
        assert content["examples"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert document["components"]["schemas"]["Problem"]["properties"]["code"]


async def test_openapi_names_every_reference_that_it_uses(client: httpx.AsyncClient) -> None:
    text = (await client.get("/openapi.json")).text
    document = json.loads(text)
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


async def test_the_documentation_page_is_there(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")
    assert answer.status_code == 200 and "/openapi.json" in answer.text


async def test_the_documentation_page_needs_no_other_host(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "//" not in page.replace("<!--", "").replace("-->", "").replace("// ", "")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(parts) >= 3
    for part in parts:
        assert (await client.get(part)).status_code == 200


async def test_the_api_reference_names_no_answer_that_the_service_never_gives(client: httpx.AsyncClient) -> None:
    assert "HTTPValidationError" not in (await client.get("/openapi.json")).text


def test_a_code_has_one_status_and_every_error_of_a_class_below_takes_its_row() -> None:
    codes = [kind.code for kind in ERRORS]
    assert len(codes) == len(set(codes))
    for kind in ERRORS:
        below = type("Below", (kind,), {})("")
        assert (below.status, below.code, below.title) == (kind.status, kind.code, kind.title)
    assert IntoneError("").status == 500


def test_below_v1_every_error_has_the_status_that_openais_clients_expect() -> None:
    expected = {
        400: {"malformed_request"}
        | {"unreadable_body", "voice_not_found", "text_too_long", "audio_too_long", "answer_too_large"}
        | {"body_too_large"}
        | {"invalid_request", "invalid_ssml", "empty_text", "unknown_emotion", "blend_unsupported"},
        401: {"invalid_api_key"},
        404: {"not_found", "model_not_found"},
        405: {"method_not_allowed"},
        406: {"not_acceptable"},
        408: {"body_too_slow", "reader_too_slow"},
        409: {"fallback_refused"},
        415: {"unsupported_media_type", "unsupported_content_encoding"},
        416: {"range_not_satisfiable"},
        421: {"unknown_host"},
        429: {"rate_limited", "too_many_streams"},
        431: {"head_too_large"},
        500: {"internal_error"},
        503: {"busy", "not_ready", "voice_unavailable"},
        504: {"over_time_budget"},
        507: {"no_storage"},
    }
    found: dict[int, set[str]] = {}
    for kind in (*ERRORS, IntoneError):
        status, error = openai_status(kind("")), openai_content(kind(""))["error"]
        found.setdefault(status, set()).add(error["code"])
        assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    assert found == expected
