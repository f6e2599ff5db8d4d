"""The app without models: its responses before it is ready, and what all responses have in common."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.api.errors import choose_openai_status, make_openai_content
from app.api.middleware import AccessLogMiddleware, GuardMiddleware
from app.audio.encode import FORMATS
from app.errors import ERRORS, IntoneError
from app.main import create_app
from app.metrics import ResponseRecord
from app.settings import load_settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> FastAPI:
    """Return an app that is never started, so that it loads no models."""
    return create_app(load_settings())


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


async def test_before_the_models_are_loaded_the_service_is_healthy_but_not_ready(client: httpx.AsyncClient) -> None:
    health, ready = await client.get("/health"), await client.get("/ready")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")


@pytest.mark.parametrize(("method", "path"), [("POST", "/synthesize"), ("POST", "/analyze"), ("GET", "/voices")])
async def test_before_it_is_ready_the_service_responds_503_with_retry_after(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert 1 <= int(response.headers["retry-after"]) <= 120


async def test_a_problem_has_every_member_and_its_media_type(client: httpx.AsyncClient) -> None:
    response = await client.get("/nowhere")
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "hint", "request_id"}
    assert (problem["type"], problem["status"]) == ("/errors/not_found", 404)
    assert problem["request_id"] == response.headers["x-request-id"]


async def test_a_wrong_method_is_refused_with_the_allowed_methods(client: httpx.AsyncClient) -> None:
    response = await client.delete("/voices")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("request_id", ["abc-123", "A.b_c-9", "x" * 64])
async def test_a_valid_request_id_is_kept(client: httpx.AsyncClient, request_id: str) -> None:
    response = await client.get("/health", headers={"X-Request-Id": request_id})
    assert response.headers["x-request-id"] == request_id


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "ä", "a;b", "<script>"])
async def test_an_invalid_request_id_is_replaced(client: httpx.AsyncClient, request_id: str) -> None:
    response = await client.get("/health", headers={"X-Request-Id": request_id.encode("latin-1")})
    assert response.headers["x-request-id"] not in ("", request_id)


async def test_every_request_writes_one_log_line(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "intone.request"):
        response = await client.get("/openapi.json")
    (record,) = [record for record in caplog.records if record.name == "intone.request"]
    facts = record.facts  # type: ignore[attr-defined]
    assert (facts["method"], facts["route"], facts["status"]) == ("GET", "/openapi.json", 200)
    assert facts["request_id"] == response.headers["x-request-id"]
    assert facts["ms"] >= 0


@pytest.mark.parametrize("path", ["/health", "/ready", "/ping", "/metrics"])
async def test_probes_are_logged_at_debug_level_only(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    for level, lines in ((logging.INFO, 0), (logging.DEBUG, 1)):
        caplog.clear()
        with caplog.at_level(level, "intone.request"):
            await client.get(path)
        assert len([record for record in caplog.records if record.name == "intone.request"]) == lines


async def test_an_internal_error_is_a_500_that_reveals_no_text_to_the_client_or_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def raise_error(*_: object) -> None:
        raise ValueError("terces ym"[::-1])  # reversed because a traceback shows the source line

    records: list[ResponseRecord] = []
    app = AccessLogMiddleware(
        GuardMiddleware(raise_error, checks=()), template_of=lambda _: "/route", answered=records.append
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.post("/synthesize")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert [(one.route, one.status, one.code) for one in records] == [("/route", 500, "internal_error")]
    assert response.headers["x-request-id"] == response.json()["request_id"]
    assert "my secret" not in response.text + caplog.text
    assert "ValueError" in caplog.text and "in raise_error" in caplog.text


async def test_a_request_cancelled_at_shutdown_gets_503_with_retry_after() -> None:
    started = asyncio.Event()

    async def wait_forever(*_: object) -> None:
        started.set()
        await asyncio.Event().wait()

    app = AccessLogMiddleware(
        GuardMiddleware(wait_forever, checks=()), template_of=lambda _: "/route", answered=lambda _: None
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        task = asyncio.create_task(client.post("/synthesize"))
        await started.wait()
        task.cancel()
        response = await task
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert 1 <= int(response.headers["retry-after"]) <= 120


async def test_openapi_documents_bodies_responses_and_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/synthesize"]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/json", "text/plain", "application/ssml+xml"}
    assert set(operation["responses"]["200"]["content"]) == {
        *("application/json", "application/x-ndjson", "text/event-stream"),
        *(format.content_type for format in FORMATS.values()),
    }
    assert {"400", "404", "406", "409", "413", "415", "422", "503", "504"} <= set(operation["responses"])
    for status in ("400", "422", "503"):
        content = operation["responses"][status]["content"]["application/problem+json"]
        assert content["examples"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert document["components"]["schemas"]["Problem"]["properties"]["code"]


async def test_openapi_defines_every_schema_that_it_references(client: httpx.AsyncClient) -> None:
    text = (await client.get("/openapi.json")).text
    document = json.loads(text)
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


async def test_the_documentation_page_is_served(client: httpx.AsyncClient) -> None:
    response = await client.get("/docs")
    assert response.status_code == 200 and "/openapi.json" in response.text


async def test_the_documentation_page_needs_no_other_host(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "//" not in page.replace("<!--", "").replace("-->", "").replace("// ", "")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(parts) >= 3
    for part in parts:
        assert (await client.get(part)).status_code == 200


async def test_the_api_reference_lists_no_response_that_the_service_never_returns(client: httpx.AsyncClient) -> None:
    assert "HTTPValidationError" not in (await client.get("/openapi.json")).text


def test_codes_are_unique_and_subclasses_inherit_status_code_and_title() -> None:
    codes = [kind.code for kind in ERRORS]
    assert len(codes) == len(set(codes))
    for kind in ERRORS:
        subclass = type("Subclass", (kind,), {})("")
        assert (subclass.status, subclass.code, subclass.title) == (kind.status, kind.code, kind.title)
    assert IntoneError("").status == 500


def test_below_v1_every_error_has_the_status_that_openais_clients_expect() -> None:
    expected = {
        400: {"malformed_request"}
        | {"unreadable_body", "voice_not_found", "text_too_long", "audio_too_long", "answer_too_large"}
        | {"body_too_large", "unreadable_document"}
        | {"invalid_request", "invalid_ssml", "empty_text", "unknown_emotion", "blend_unsupported"},
        401: {"invalid_api_key"},
        403: {"origin_refused", "reload_refused"},
        404: {"not_found", "model_not_found"},
        405: {"method_not_allowed"},
        406: {"not_acceptable"},
        408: {"body_too_slow", "reader_too_slow", "socket_silent"},
        409: {"fallback_refused"},
        415: {"unsupported_media_type", "unsupported_content_encoding"},
        416: {"range_not_satisfiable"},
        421: {"unknown_host"},
        426: {"upgrade_required"},
        429: {"rate_limited", "too_many_contexts", "too_many_streams"},
        431: {"head_too_large"},
        500: {"internal_error"},
        503: {"busy", "not_ready", "voice_unavailable"},
        504: {"over_time_budget"},
        507: {"no_storage"},
    }
    found: dict[int, set[str]] = {}
    for kind in (*ERRORS, IntoneError):
        status, error = choose_openai_status(kind("")), make_openai_content(kind(""))["error"]
        found.setdefault(status, set()).add(error["code"])
        assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    assert found == expected
