"""The header Host: a page of another site cannot reach a service of this machine under a name of its own."""

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


def status(client: httpx.Client, host: str, path: str = "/health") -> int:
    return client.get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.9.1:1", "[::1]", "[::1]:8000"),
        *("tts.example.org", "tts.example.org:8000"),
    ],
)
def test_a_name_of_this_machine_or_of_the_setting_is_served(client: httpx.Client, host: str) -> None:
    assert status(client, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"),
        *("tts.example.org.evil", "192.0.2.1", "0.0.0.0", "[::2]", "[::1", "localhost:8000:80", ""),
        "127.0.0.1@evil.example",
    ],
)
def test_another_name_is_not(client: httpx.Client, host: str) -> None:
    assert status(client, host) == 421


@pytest.mark.parametrize(
    "path", ["/", "/voices", "/docs", "/metrics", "/static-offline-docs/swagger-ui.css", "/nowhere"]
)
def test_nothing_is_open_to_another_name(client: httpx.Client, path: str) -> None:
    refused = client.get(path, headers={"Host": "evil.example"})
    assert (refused.status_code, refused.json()["code"]) == (421, "unknown_host")
    assert "INTONE_ALLOWED_HOSTS" in refused.json()["hint"] and "evil" not in refused.text


def test_what_sends_no_host_is_no_browser(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", 421), ("localhost", 421), ("::1", 421), ("0.0.0.0", 200)])
def test_a_service_that_is_not_on_loopback_is_reached_by_any_name(host: str, expected: int) -> None:
    with service_without_models(host=host, allow_anonymous=True) as client:
        assert status(client, "evil.example") == expected


def test_a_service_that_is_not_on_loopback_keeps_to_the_names_of_the_setting() -> None:
    with service_without_models(host="0.0.0.0", allow_anonymous=True, allowed_hosts=["a.example"]) as client:
        assert [status(client, host) for host in ("a.example", "localhost", "b.example")] == [200, 200, 421]


@pytest.mark.parametrize("written", ["https://a.example", "a.example:80", "*", "*.example", "a b", '["a/b"]'])
def test_what_is_no_host_name_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(SetupError, match=r"INTONE_ALLOWED_HOSTS: .* is not a host name"):
        load_settings(allowed_hosts=written)
