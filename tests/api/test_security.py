"""API keys: which routes require one, and that no key leaks."""

from __future__ import annotations

import hmac
import logging
import socket
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.requests import Request

from app.api.clients import KeyAuthenticator
from app.errors import IntoneError
from app.main import create_app
from app.settings import load_settings
from tests.serving import service_without_models

ALICE, BOB = "key-of-alice-0123456789", "key-of-bob-0123456789=="
KEYS = {"alice": ALICE, "bob": BOB}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_without_models(api_keys=KEYS) as client:
        yield client


HELLO = {"text": "Hello."}


def make_authorization(value: str | bytes) -> dict[str, str | bytes]:
    return {"Authorization": value}


def send_exactly(client: httpx.Client, method: str, target: str, headers: Mapping[str, Any] = {}) -> HTTPResponse:
    """Send a request to a target exactly as written, which httpx would normalize."""
    url = client.base_url
    connection = HTTPConnection(url.host, url.port, timeout=30)
    connection.request(method, target, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/page/main.js"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/static-offline-docs/swagger-ui.css"),
        ("GET", "/health"),
        ("HEAD", "/health"),
        ("GET", "/ready"),
        ("GET", "/metrics"),
        ("GET", "/ping"),
        ("POST", "/ping"),
        ("GET", "/voices"),
        ("GET", "/voices/wren"),
        ("GET", "/ssml"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/intone"),
        ("GET", "/v1/audio/voices"),
        ("OPTIONS", "/synthesize"),
    ],
)
def test_routes_with_information_about_the_service_are_public(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path).status_code != 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/synthesize"),
        ("GET", "/synthesize?text=Hi"),
        ("HEAD", "/synthesize?text=Hi"),
        ("POST", "/analyze"),
        ("POST", "/v1/audio/speech"),
        ("POST", "/invocations"),
        ("GET", "/invocations"),
        ("DELETE", "/ping"),
        ("POST", "/voices"),
        ("POST", "/v1/models"),
        ("GET", "/nowhere"),
        ("GET", "/docs/../synthesize?text=Hi"),
        ("GET", "//synthesize"),
        ("GET", "/SYNTHESIZE"),
        ("GET", "/voicesx"),
        ("GET", "/page"),
        ("POST", "/page/main.js"),
        ("GET", "/%73ynthesize?text=Hi"),
    ],
)
def test_every_other_route_requires_a_key(client: httpx.Client, method: str, path: str) -> None:
    response = send_exactly(client, method, path)
    assert (response.status, response.headers["www-authenticate"]) == (401, "Bearer")
    assert send_exactly(client, method, path, make_authorization(f"Bearer {ALICE}")).status != 401


@pytest.mark.parametrize("value", [f"Bearer {ALICE}", f"Bearer {BOB}", f"bearer {ALICE}", f"BEARER   {BOB}"])
def test_a_known_key_is_accepted(client: httpx.Client, value: str) -> None:
    assert client.post("/synthesize", json=HELLO, headers=make_authorization(value)).json()["code"] == "not_ready"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        ALICE,
        f"Basic {ALICE}",
        f"Bearer {ALICE} {ALICE}",
        f"Bearer {ALICE[:-1]}",
        f"Bearer {ALICE}x",
        f"Bearer {ALICE.upper()}",
        "Bearer alice",
        f"Bearer alice={ALICE}",
        "Bearer é".encode("latin-1"),
        b"Bearer \xff\xfe",
    ],
)
def test_an_unknown_or_malformed_key_is_refused(client: httpx.Client, value: str | bytes) -> None:
    response = client.post("/synthesize", json=HELLO, headers=make_authorization(value))
    assert (response.status_code, response.headers["content-type"]) == (401, "application/problem+json")
    assert response.json()["code"] == "unauthorized"


def test_two_authorization_headers_are_refused(client: httpx.Client) -> None:
    headers = [("Authorization", f"Bearer {ALICE}"), ("Authorization", "Bearer other")]
    assert client.post("/synthesize", headers=headers).status_code == 401


def test_a_key_in_the_url_is_ignored(client: httpx.Client) -> None:
    for name in ("key", "api_key", "access_token", "Authorization"):
        assert client.post("/synthesize", params={name: ALICE}).status_code == 401


def test_the_body_of_an_unauthorized_request_is_not_read(client: httpx.Client) -> None:
    url = client.base_url
    head = b"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((url.host, url.port), 30) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_without_configured_keys_every_request_is_accepted() -> None:
    with service_without_models() as client:
        assert client.post("/synthesize", json=HELLO).json()["code"] == "not_ready"


def test_the_api_reference_documents_keys_and_the_responses_of_the_middleware(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}
    assert {"401", "408", "429"} <= set(document["paths"]["/synthesize"]["post"]["responses"])


def test_a_known_key_has_a_name_and_another_has_none() -> None:
    keys = KeyAuthenticator({name: SecretStr(key) for name, key in KEYS.items()})
    assert [keys.name_of(key) for key in (ALICE, BOB, "other", "", "\udcff")] == ["alice", "bob", None, None, None]


def test_every_key_is_compared_whichever_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    compare, compared = hmac.compare_digest, []
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((len(a), len(b))) or compare(a, b))
    keys = KeyAuthenticator({name: SecretStr(key) for name, key in KEYS.items()})
    for key in (ALICE, BOB, "other"):
        compared.clear()
        keys.name_of(key)
        assert compared == [(32, 32)] * 2


@pytest.fixture
def app() -> FastAPI:
    return create_app(load_settings(api_keys=KEYS))


@pytest.mark.anyio
async def test_the_log_contains_the_name_of_a_key_but_never_the_key(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    transport = httpx.ASGITransport(app)
    with caplog.at_level(logging.DEBUG):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            responses = [
                await client.post("/synthesize", json=HELLO, headers=make_authorization(f"Bearer {key}"))
                for key in (ALICE, "wrong")
            ]
            metrics = await client.get("/metrics")
    facts = [record.facts for record in caplog.records if record.name == "intone.request"]  # type: ignore[attr-defined]
    assert [(line.get("key"), line.get("code")) for line in facts[:2]] == [
        ("alice", "not_ready"),
        (None, "unauthorized"),
    ]
    output = "".join(response.text + str(response.headers) for response in responses) + metrics.text
    assert "alice" not in output
    assert ALICE not in output + caplog.text + str(facts)


def test_wrong_keys_from_one_address_are_limited_and_a_correct_one_is_accepted() -> None:
    wrong, right = make_authorization("Bearer wrong"), make_authorization(f"Bearer {ALICE}")
    with service_without_models(api_keys=KEYS) as client:
        responses = [client.post("/synthesize", json=HELLO, headers=wrong) for _ in range(40)]
        statuses = [response.status_code for response in responses]
        assert set(statuses[:20]) == {401} and set(statuses) == {401, 429}
        response = next(response for response in responses if response.status_code == 429)
        assert response.headers["retry-after"] == "1" and response.json()["code"] == "rate_limited"
        assert client.post("/synthesize", json=HELLO, headers=right).json()["code"] == "not_ready"
        assert client.post("/synthesize", json=HELLO).json()["code"] == "unauthorized"


def test_wrong_keys_are_counted_per_address_and_forgiven_over_time() -> None:
    now = [0.0]
    keys = KeyAuthenticator({"alice": SecretStr(ALICE)}, lambda: now[0])

    def list_refusals(host: str, number: int) -> list[str]:
        return [get_refusal(keys, host) for _ in range(number)]

    assert list_refusals("192.0.2.1", 21) == ["Unauthorized"] * 20 + ["RateLimited"]
    assert list_refusals("192.0.2.2", 1) == ["Unauthorized"]
    now[0] += 1
    assert list_refusals("192.0.2.1", 3) == ["Unauthorized"] * 2 + ["RateLimited"]


def get_refusal(keys: KeyAuthenticator, host: str) -> str:
    """Return the name of the error type that a request with a wrong key raises."""
    state = {"path": "/synthesize", "log": {}}
    headers = [(b"authorization", b"Bearer wrong")]
    scope = {"type": "http", "method": "POST", "headers": headers, "client": (host, 1), "state": state}
    with pytest.raises(IntoneError) as caught:
        keys.check(Request(scope))
    return caught.type.__name__
