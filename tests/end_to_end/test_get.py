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


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"seed": "5", "format": "mp3"},
        {"timing": "true"},
        {"stream": "true"},
        {"ssml": "<speak>It <break/>rains.</speak>", "text": None},
    ],
    ids=str,
)
def test_a_known_response_is_304_and_not_synthesized(client: httpx.Client, parameters: dict[str, str | None]) -> None:
    query = {name: value for name, value in {"text": TEXT, **parameters}.items() if value is not None}
    first = client.get("/synthesize", params=query)
    etag = first.headers["etag"]
    assert (first.status_code, first.headers["vary"]) == (200, "Accept")
    spoken = count_spoken(client)
    for known in (etag, f'"other", W/{etag}', "*"):
        for method in ("GET", "HEAD"):
            # RFC 9110, 13.2.2: it goes before a range.
            headers = {"If-None-Match": known, "Range": "bytes=0-9", "If-Range": etag}
            again = client.request(method, "/synthesize", params=query, headers=headers)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
            assert again.headers["vary"] == "Accept" and "content-length" not in again.headers
    assert count_spoken(client) == spoken
    assert client.get("/synthesize", params=query, headers={"If-None-Match": '"other"'}).content == first.content


def count_spoken(client: httpx.Client) -> float:
    """Return the seconds of audio that the service has synthesized."""
    (line,) = [one for one in client.get("/metrics").text.splitlines() if one.startswith("intone_audio_seconds_total")]
    return float(line.split()[1])


def test_the_etag_depends_on_the_request_and_the_negotiated_format(client: httpx.Client) -> None:
    etags = [
        get(client).headers["etag"],
        get(client, seed=1).headers["etag"],
        get(client, {"Accept": "audio/flac"}).headers["etag"],
        get(client, {"Accept": "application/json"}).headers["etag"],
    ]
    assert len(set(etags)) == 4
    assert get(client, {"Accept": "audio/flac", "If-None-Match": etags[0]}).status_code == 200


def test_an_invalid_request_is_refused_whatever_is_known(client: httpx.Client) -> None:
    assert get(client, {"If-None-Match": "*"}, voice="nobody").status_code == 404
    refused = get(client, {"Accept": "image/png"})
    assert (refused.status_code, refused.headers["vary"]) == (406, "Accept")


def test_a_post_has_an_etag_with_a_seed_and_is_never_304(client: httpx.Client) -> None:
    for path in ("/synthesize", "/invocations"):
        first = client.post(path, json={"text": TEXT, "seed": 4})
        again = client.post(path, json={"text": TEXT, "seed": 4}, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["etag"] == first.headers["etag"] == get(client, seed=4).headers["etag"]
        assert first.headers["vary"] == "Accept"
        assert "etag" not in client.post(path, json={"text": TEXT}).headers
    plans = [client.post("/analyze", json={"text": text}) for text in (TEXT, TEXT, "Other.")]
    assert plans[0].headers["etag"] == plans[1].headers["etag"] != plans[2].headers["etag"]
    assert "vary" not in plans[0].headers  # Accept has no effect


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
