"""Keys: who is let in where, and that nobody learns them."""

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

from app.api.middleware.auth import KeyAuthenticator
from app.errors import IntoneError
from app.main import create_app
from app.settings import load_settings
from tests.serving import service_without_models

ALICE, BOB = "key-of-alice-0123456789", "key-of-bob-0123456789=="
KEYS = {"alice": ALICE, "bob": BOB}


@pytest.fixture(scope="module")
def locked() -> Iterator[httpx.Client]:
    with service_without_models(api_keys=KEYS) as client:
        yield client


HELLO = {"text": "Hello."}


def with_key(value: str | bytes) -> dict[str, str | bytes]:
    return {"Authorization": value}


def ask_exactly(client: httpx.Client, method: str, target: str, headers: Mapping[str, Any] = {}) -> HTTPResponse:
    """Ask for an address as it is written: httpx would make another of some."""
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
def test_what_tells_about_the_service_is_open(locked: httpx.Client, method: str, path: str) -> None:
    assert locked.request(method, path).status_code != 401


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
def test_everything_else_needs_a_key(locked: httpx.Client, method: str, path: str) -> None:
    refused = ask_exactly(locked, method, path)
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert ask_exactly(locked, method, path, with_key(f"Bearer {ALICE}")).status != 401


@pytest.mark.parametrize("value", [f"Bearer {ALICE}", f"Bearer {BOB}", f"bearer {ALICE}", f"BEARER   {BOB}"])
def test_a_known_key_lets_in(locked: httpx.Client, value: str) -> None:
    assert locked.post("/synthesize", json=HELLO, headers=with_key(value)).json()["code"] == "not_ready"


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
def test_another_key_does_not(locked: httpx.Client, value: str | bytes) -> None:
    refused = locked.post("/synthesize", json=HELLO, headers=with_key(value))
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert refused.json()["code"] == "unauthorized"


def test_two_keys_are_none(locked: httpx.Client) -> None:
    headers = [("Authorization", f"Bearer {ALICE}"), ("Authorization", "Bearer other")]
    assert locked.post("/synthesize", headers=headers).status_code == 401


def test_a_key_in_the_url_is_no_key(locked: httpx.Client) -> None:
    for name in ("key", "api_key", "access_token", "Authorization"):
        assert locked.post("/synthesize", params={name: ALICE}).status_code == 401


def test_the_body_of_a_stranger_is_not_read(locked: httpx.Client) -> None:
    url = locked.base_url
    head = b"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((url.host, url.port), 30) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_without_keys_everybody_is_let_in() -> None:
    with service_without_models() as client:
        assert client.post("/synthesize", json=HELLO).json()["code"] == "not_ready"


def test_the_api_reference_knows_keys_and_what_the_doors_answer(locked: httpx.Client) -> None:
    document = locked.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}
    assert {"401", "408", "429"} <= set(document["paths"]["/synthesize"]["post"]["responses"])


def test_a_key_has_its_name_and_another_has_none() -> None:
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
def locked_app() -> FastAPI:
    return create_app(load_settings(api_keys=KEYS))


@pytest.mark.anyio
async def test_the_log_knows_the_name_of_the_key_and_nobody_knows_the_key(
    locked_app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    transport = httpx.ASGITransport(locked_app)
    with caplog.at_level(logging.DEBUG):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answers = [
                await client.post("/synthesize", json=HELLO, headers=with_key(f"Bearer {key}"))
                for key in (ALICE, "wrong")
            ]
            metrics = await client.get("/metrics")
    facts = [record.facts for record in caplog.records if record.name == "intone.request"]  # type: ignore[attr-defined]
    assert [(line.get("key"), line.get("code")) for line in facts[:2]] == [
        ("alice", "not_ready"),
        (None, "unauthorized"),
    ]
    told = "".join(answer.text + str(answer.headers) for answer in answers) + metrics.text
    assert "alice" not in told
    assert ALICE not in told + caplog.text + str(facts)


def test_wrong_keys_of_one_address_are_limited_and_a_right_one_passes() -> None:
    wrong, right = with_key("Bearer wrong"), with_key(f"Bearer {ALICE}")
    with service_without_models(api_keys=KEYS) as client:
        answers = [client.post("/synthesize", json=HELLO, headers=wrong) for _ in range(40)]
        statuses = [answer.status_code for answer in answers]
        assert set(statuses[:20]) == {401} and set(statuses) == {401, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["retry-after"] == "1" and refused.json()["code"] == "rate_limited"
        assert client.post("/synthesize", json=HELLO, headers=right).json()["code"] == "not_ready"
        assert client.post("/synthesize", json=HELLO).json()["code"] == "unauthorized"


def test_wrong_keys_are_counted_by_address_and_forgiven_with_time() -> None:
    now = [0.0]
    keys = KeyAuthenticator({"alice": SecretStr(ALICE)}, lambda: now[0])

    def refusals(host: str, number: int) -> list[str]:
        return [refusal(keys, host) for _ in range(number)]

    assert refusals("192.0.2.1", 21) == ["Unauthorized"] * 20 + ["RateLimited"]
    assert refusals("192.0.2.2", 1) == ["Unauthorized"]
    now[0] += 1
    assert refusals("192.0.2.1", 3) == ["Unauthorized"] * 2 + ["RateLimited"]


def refusal(keys: KeyAuthenticator, host: str) -> str:
    """The type of the error that a request with a wrong key gets."""
    state = {"path": "/synthesize", "log": {}}
    headers = [(b"authorization", b"Bearer wrong")]
    scope = {"type": "http", "method": "POST", "headers": headers, "client": (host, 1), "state": state}
    with pytest.raises(IntoneError) as caught:
        keys.check(Request(scope))
    return caught.type.__name__
