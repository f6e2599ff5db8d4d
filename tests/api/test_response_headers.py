"""Security headers: on every response, and on the page of the API reference."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.serving import service_without_models


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    settings = {"api_keys": "key-of-alice-0123456789", "cors_origins": "https://page.example", "root_path": "/tts"}
    with service_without_models(**settings) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/docs", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/static-offline-docs/swagger-ui.css", 200),
        ("HEAD", "/health", 200),
        ("GET", "/metrics", 200),
        ("GET", "/nowhere", 401),
        ("POST", "/synthesize", 401),
        ("GET", "/voices", 503),
        ("OPTIONS", "/synthesize", 204),
    ],
)
def test_every_response_forbids_content_type_sniffing(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.headers.get_list("x-content-type-options")) == (status, ["nosniff"])


def test_a_response_to_a_preflight_forbids_content_type_sniffing(client: httpx.Client) -> None:
    headers = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/synthesize", headers=headers)
    assert (response.status_code, response.headers["x-content-type-options"]) == (200, "nosniff")


@pytest.mark.parametrize("path", ["/docs", "/tts/docs"])
def test_the_api_reference_runs_only_its_own_scripts_and_forbids_framing(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    (script,) = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert (policy["default-src"], policy["frame-ancestors"], policy["connect-src"]) == ("'none'", "'none'", "'self'")
    assert "/tts/openapi.json" in script
    files = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(files) == 3
    for file in files:
        assert file.startswith("/tts/") and client.get(file).status_code == 200
