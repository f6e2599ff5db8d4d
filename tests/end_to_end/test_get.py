"""GET /synthesize: a URL that a browser's `<audio>` can play."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
import soundfile

TEXT = "What a day! It rains."


def get(client: httpx.Client, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
    return client.get("/synthesize", params={"text": TEXT, **parameters}, headers=headers)


def test_query_parameters_equal_the_fields_of_a_body(client: httpx.Client) -> None:
    parameters = {"emotion": "cheerful", "degree": 1.2, "speed": 1.1, "format": "flac", "sample_rate": 16000}
    posted = client.post("/synthesize", json={"text": TEXT, "seed": 3, **parameters})
    got = get(client, seed=3, **parameters)
    assert (got.status_code, got.content) == (200, posted.content)
    assert got.headers["content-type"] == "audio/flac" and got.headers["x-emotions"] == "joy,joy"
    assert soundfile.info(io.BytesIO(got.content)).samplerate == 16000


def test_get_without_a_seed_is_deterministic(client: httpx.Client) -> None:
    assert get(client).content == get(client).content == get(client, seed=0).content


def test_ssml_and_a_blend_work_as_query_parameters(client: httpx.Client) -> None:
    response = client.get(
        "/synthesize", params={"ssml": "<speak>It <break/>rains.</speak>", "emotion": "joy:3,anger:1"}
    )
    assert (response.status_code, response.headers["x-emotions"]) == (200, "joy,joy")


def test_timing_and_streaming_work_as_query_parameters(client: httpx.Client) -> None:
    assert [one["text"] for one in get(client, timing="1").json()["plan"]["utterances"]] == ["What a day!", "It rains."]
    streamed = get(client, stream="true", headers={"Range": "bytes=0-9"})
    assert (streamed.status_code, streamed.content[44:]) == (200, get(client).content[44:])
    assert "accept-ranges" not in streamed.headers
    timed = get(client, timing="1", headers={"Range": "bytes=0-9"})
    assert timed.status_code == 200 and timed.json() and "accept-ranges" not in timed.headers


def test_range_requests_return_parts_of_the_response(client: httpx.Client) -> None:
    whole = get(client)
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    size = len(whole.content)
    assert int(whole.headers["content-length"]) == size
    part = get(client, headers={"Range": "bytes=100-199", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert (part.headers["content-range"], part.headers["content-length"]) == (f"bytes 100-199/{size}", "100")
    assert get(client, headers={"Range": "bytes=-10"}).content == whole.content[-10:]
    beyond = get(client, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")


def test_head_returns_the_headers_of_get(client: httpx.Client) -> None:
    head, whole = client.head("/synthesize", params={"text": TEXT}), get(client)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "x-audio-duration", "x-emotions"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "audio/wav"),
        ("audio/*;q=0.9, application/json;q=0.1", "audio/wav"),
        ("audio/mpeg", "audio/mpeg"),
        ("audio/mp3;q=0.5, audio/x-flac", "audio/flac"),
        ("audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5", "audio/ogg; codecs=opus"),
        ("audio/aac", "audio/aac"),
        ("audio/pcm", "audio/pcm;rate=24000"),
        ("application/json", "application/json"),
    ],
)
def test_accept_is_negotiated(client: httpx.Client, accept: str, content_type: str) -> None:
    assert get(client, headers={"Accept": accept}).headers["content-type"] == content_type
    assert get(client, headers={"Accept": accept}, format="WAV").headers["content-type"] in (
        "audio/wav",
        "application/json",
    )


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"text": "Hi", "ssml": "<speak>Hi</speak>"}, "#/ssml"),
        ({"text": "Hi", "timing": "yes"}, "#/timing"),
        ({"text": "Hi", "loud": "1"}, "#/loud"),
        ({"text": "Hi", "stream": "true", "timing": "true"}, "#/stream"),
        ({"text": "Hi", "plan": "{}"}, "#/plan"),
        ({}, "#/text"),
    ],
)
def test_an_invalid_query_is_refused_with_a_pointer(
    client: httpx.Client, parameters: dict[str, str], pointer: str
) -> None:
    response = client.get("/synthesize", params=parameters)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
