"""The two routes that SageMaker calls: `/ping` reports readiness, `/invocations` responds like POST /synthesize."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from app.audio.encode import FORMATS
from tests.serving import service_without_models

TEXT = "The harbour was quiet. I am so happy that you are finally here!"
SSML = "<speak><prosody rate='fast'>The harbour was quiet.</prosody> I am so happy!</speak>"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ping_is_empty_once_the_service_is_ready(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/ping")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ping_is_503_until_the_service_is_ready(method: str) -> None:
    with service_without_models() as client:
        response = client.request(method, "/ping")
        assert (response.status_code, response.json()["code"]) == (503, "not_ready")


def post_to_both(
    client: httpx.Client, content: str, type: str, query: str = "", **headers: str
) -> list[httpx.Response]:
    """Post one request to the two routes and return their responses."""
    headers["Content-Type"] = type
    return [client.post(path + query, content=content, headers=headers) for path in ("/invocations", "/synthesize")]


def test_json_gets_the_same_response(client: httpx.Client) -> None:
    check(*post_json_to_both(client, text=TEXT, emotion={"joy": 0.6, "surprise": 0.4}, degree=1.2, speed=1.5, seed=1))
    check(*post_json_to_both(client, ssml=SSML, voice="alloy", seed=1))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gets_the_same_response(client: httpx.Client, name: str, stream: bool) -> None:
    invoked, spoken = post_json_to_both(client, text=TEXT, format=name, stream=stream, seed=1)
    check(invoked, spoken)
    assert ("content-length" in invoked.headers) is not stream


def post_json_to_both(client: httpx.Client, **fields: Any) -> list[httpx.Response]:
    return post_to_both(client, json.dumps(fields), "application/json")


def check(invoked: httpx.Response, spoken: httpx.Response) -> None:
    """Check that both responses are the same speech."""
    assert (invoked.status_code, spoken.status_code) == (200, 200)
    assert len(invoked.content) > 1000
    assert invoked.content == spoken.content
    for name in ("content-type", "x-emotions", "x-voice"):
        assert invoked.headers[name] == spoken.headers[name]


def test_text_and_ssml_get_the_same_response(client: httpx.Client) -> None:
    check(*post_to_both(client, TEXT, "text/plain", "?seed=1"))
    check(*post_to_both(client, SSML, "application/ssml+xml", "?seed=1"))


def test_the_accept_header_of_the_platform_selects_the_format(client: httpx.Client) -> None:
    invoked, spoken = post_to_both(client, TEXT, "text/plain", "?seed=1", Accept="audio/flac")
    check(invoked, spoken)
    assert invoked.headers["content-type"] == "audio/flac"


def test_the_plan_is_returned_in_the_body(client: httpx.Client) -> None:
    invoked, spoken = (response.json() for response in post_json_to_both(client, text=TEXT, timing=True, seed=1))
    assert invoked == spoken
    assert [one["emotion"] for one in invoked["plan"]["utterances"]] == ["neutral", "joy"]


@pytest.mark.parametrize("fields", [{}, {"text": ""}, {"text": "Hi.", "voice": "nobody"}, {"text": "Hi.", "what": 1}])
def test_errors_get_the_same_response(client: httpx.Client, fields: dict[str, Any]) -> None:
    invoked, spoken = post_json_to_both(client, **fields)
    assert invoked.status_code == spoken.status_code >= 400
    assert invoked.headers["content-type"] == "application/problem+json"
    problems = [{**response.json(), "request_id": ""} for response in (invoked, spoken)]
    assert problems[0] == problems[1]
    assert len(invoked.content) < 2048  # the platform passes on no more of an error


def test_invocations_require_a_key_if_keys_are_configured() -> None:
    with service_without_models(api_keys={"alice": "key-of-alice-0123456789"}) as client:
        assert client.post("/invocations", json={"text": "Hi."}).status_code == 401
        assert client.get("/ping").status_code == 503
