"""Headers that guard browsers: on every answer, and on the page of the API reference."""

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
def test_no_answer_is_taken_for_another_type(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers.get_list("x-content-type-options")) == (status, ["nosniff"])


def test_neither_is_one_that_browsers_ask_for_before_a_request(client: httpx.Client) -> None:
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/synthesize", headers=asked)
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")


@pytest.mark.parametrize("path", ["/docs", "/tts/docs"])
def test_the_api_reference_runs_its_own_scripts_alone_and_in_no_frame(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert (policy["default-src"], policy["frame-ancestors"], policy["connect-src"]) == ("'none'", "'none'", "'self'")
    assert "/tts/openapi.json" in script
    files = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert len(files) == 3
    for file in files:
        assert file.startswith("/tts/") and client.get(file).status_code == 200
