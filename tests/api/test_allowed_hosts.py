"""The Host header: other host names are refused, so that no website reaches a local service by DNS rebinding."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from app.errors import SetupError
from app.settings import load_settings
from tests.serving import service_without_models


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_without_models(allowed_hosts="TTS.example.org") as client:
        yield client


def get_status(client: httpx.Client, host: str, path: str = "/health") -> int:
    return client.get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.9.1:1", "[::1]", "[::1]:8000"),
        *("tts.example.org", "tts.example.org:8000"),
    ],
)
def test_loopback_and_configured_hosts_are_accepted(client: httpx.Client, host: str) -> None:
    assert get_status(client, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"),
        *("tts.example.org.evil", "192.0.2.1", "0.0.0.0", "[::2]", "[::1", "localhost:8000:80", ""),
        "127.0.0.1@evil.example",
    ],
)
def test_other_hosts_are_refused_with_421(client: httpx.Client, host: str) -> None:
    assert get_status(client, host) == 421


@pytest.mark.parametrize(
    "path", ["/", "/voices", "/docs", "/metrics", "/static-offline-docs/swagger-ui.css", "/nowhere"]
)
def test_every_path_is_refused_for_another_host(client: httpx.Client, path: str) -> None:
    response = client.get(path, headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (421, "unknown_host")
    assert "INTONE_ALLOWED_HOSTS" in response.json()["hint"] and "evil" not in response.text


def test_a_request_without_a_host_header_is_accepted(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", 421), ("localhost", 421), ("::1", 421), ("0.0.0.0", 200)])
def test_any_host_is_accepted_only_if_the_service_is_not_bound_to_loopback(host: str, expected: int) -> None:
    with service_without_models(host=host, allow_anonymous=True) as client:
        assert get_status(client, "evil.example") == expected


def test_configured_hosts_also_apply_to_a_service_not_bound_to_loopback() -> None:
    with service_without_models(host="0.0.0.0", allow_anonymous=True, allowed_hosts=["a.example"]) as client:
        assert [get_status(client, host) for host in ("a.example", "localhost", "b.example")] == [200, 200, 421]


@pytest.mark.parametrize("value", ["https://a.example", "a.example:80", "*", "*.example", "a b", '["a/b"]'])
def test_an_invalid_host_name_is_refused_at_startup(value: str) -> None:
    with pytest.raises(SetupError, match=r"INTONE_ALLOWED_HOSTS: .* is not a host name"):
        load_settings(allowed_hosts=value)
