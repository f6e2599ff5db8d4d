"""The two routes that SageMaker calls: whether it can speak, and the same answers as POST /synthesize."""

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
def test_ping_is_empty_once_the_service_can_speak(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/ping")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ping_says_when_it_cannot(method: str) -> None:
    with service_without_models() as client:
        answer = client.request(method, "/ping")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")


def both(client: httpx.Client, content: str, type: str, query: str = "", **headers: str) -> list[httpx.Response]:
    """The answers of the two routes to one request."""
    headers["Content-Type"] = type
    return [client.post(path + query, content=content, headers=headers) for path in ("/invocations", "/synthesize")]


def test_json_is_answered_alike(client: httpx.Client) -> None:
    check(*json_of(client, text=TEXT, emotion={"joy": 0.6, "surprise": 0.4}, degree=1.2, speed=1.5, seed=1))
    check(*json_of(client, ssml=SSML, voice="alloy", seed=1))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_answered_alike(client: httpx.Client, name: str, stream: bool) -> None:
    invoked, spoken = json_of(client, text=TEXT, format=name, stream=stream, seed=1)
    check(invoked, spoken)
    assert ("content-length" in invoked.headers) is not stream


def json_of(client: httpx.Client, **fields: Any) -> list[httpx.Response]:
    return both(client, json.dumps(fields), "application/json")


def check(invoked: httpx.Response, spoken: httpx.Response) -> None:
    """Both are the same speech."""
    assert (invoked.status_code, spoken.status_code) == (200, 200)
    assert len(invoked.content) > 1000
    assert invoked.content == spoken.content
    for name in ("content-type", "x-emotions", "x-voice"):
        assert invoked.headers[name] == spoken.headers[name]


def test_text_and_ssml_are_answered_alike(client: httpx.Client) -> None:
    check(*both(client, TEXT, "text/plain", "?seed=1"))
    check(*both(client, SSML, "application/ssml+xml", "?seed=1"))


def test_the_platforms_accept_chooses_the_format(client: httpx.Client) -> None:
    invoked, spoken = both(client, TEXT, "text/plain", "?seed=1", Accept="audio/flac")
    check(invoked, spoken)
    assert invoked.headers["content-type"] == "audio/flac"


def test_the_plan_comes_back_in_the_body(client: httpx.Client) -> None:
    invoked, spoken = (answer.json() for answer in json_of(client, text=TEXT, timing=True, seed=1))
    assert invoked == spoken
    assert [one["emotion"] for one in invoked["plan"]["utterances"]] == ["neutral", "joy"]


@pytest.mark.parametrize("fields", [{}, {"text": ""}, {"text": "Hi.", "voice": "nobody"}, {"text": "Hi.", "what": 1}])
def test_errors_are_answered_alike(client: httpx.Client, fields: dict[str, Any]) -> None:
    invoked, spoken = json_of(client, **fields)
    assert invoked.status_code == spoken.status_code >= 400
    assert invoked.headers["content-type"] == "application/problem+json"
    nameless = [{**answer.json(), "request_id": ""} for answer in (invoked, spoken)]
    assert nameless[0] == nameless[1]
    assert len(invoked.content) < 2048  # of an error the platform passes on no more


def test_a_key_is_needed_where_there_are_keys() -> None:
    with service_without_models(api_keys={"alice": "key-of-alice-0123456789"}) as client:
        assert client.post("/invocations", json={"text": "Hi."}).status_code == 401
        assert client.get("/ping").status_code == 503
