"""Responses that are complete before they are sent, in a service with a small spool."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from tests.serving import Server, start_server, wait_until

SILENCE_BYTES = 20 * 24_000 * 2
"""Bytes of one pause in a WAV file."""


@pytest.fixture(scope="module")
def small_spool_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("small_spool_server"), "--spool-mb", "20")
    yield server
    server.stop()


@pytest.fixture
def client(small_spool_server: Server) -> Iterator[httpx.Client]:
    with small_spool_server.create_client() as client:
        yield client


def build_pauses(count: int) -> str:
    """Return SSML with pauses of 20 s."""
    return "<speak>" + "a<break time='20s'/>" * count + "</speak>"


def read_spool_bytes(client: httpx.Client) -> float:
    """Read the gauge of the bytes in the spool."""
    (line,) = [one for one in client.get("/metrics").text.splitlines() if one.startswith("intone_spool_bytes ")]
    return float(line.split()[1])


@contextmanager
def request_without_reading(server: Server, ssml: str) -> Iterator[None]:
    """Request a response and read hardly any of it."""
    place = urlsplit(server.url)
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect((place.hostname, place.port))
        one.sendall(f"GET /synthesize?{urlencode({'ssml': ssml})} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert one.recv(15) == b"HTTP/1.1 200 OK"
        yield


def test_a_response_larger_than_the_spool_is_413_and_can_be_streamed(client: httpx.Client) -> None:
    fields = {"ssml": build_pauses(22), "seed": 1}
    for path in ("/synthesize", "/invocations"):
        refused = client.post(path, json=fields)
        assert (refused.status_code, refused.json()["code"]) == (413, "answer_too_large")
        assert '"stream": true' in refused.json()["hint"] and "INTONE_SPOOL_MB" in refused.json()["hint"]
    streamed = client.post("/synthesize", json={**fields, "stream": True})
    assert streamed.status_code == 200 and len(streamed.content) > 22 * SILENCE_BYTES


def test_a_file_for_openais_clients_has_the_same_limit(client: httpx.Client) -> None:
    fields = {"input": build_pauses(22), "ssml": True, "response_format": "wav"}
    refused = client.post("/v1/audio/speech", json=fields)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "answer_too_large")
    assert '"stream": true' in refused.json()["error"]["message"]
    streamed = client.post("/v1/audio/speech", json={**fields, "stream": True})
    assert streamed.status_code == 200 and len(streamed.content) > 22 * SILENCE_BYTES


def test_a_full_spool_is_503_with_retry_after_and_short_responses_succeed(
    small_spool_server: Server, client: httpx.Client
) -> None:
    with request_without_reading(small_spool_server, build_pauses(17)):
        assert read_spool_bytes(client) > 17 * SILENCE_BYTES
        refused = client.post("/synthesize", json={"ssml": build_pauses(17)})
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert client.post("/synthesize", json={"text": "Hello."}).status_code == 200
    wait_until(lambda: read_spool_bytes(client) == 0, 30)
    spoken = client.post("/synthesize", json={"ssml": build_pauses(17)})
    assert spoken.status_code == 200 and len(spoken.content) == int(spoken.headers["content-length"])


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize("format", ["wav", "mp3"])
def test_audio_with_a_plan_equals_audio_alone(client: httpx.Client, format: str, count: int) -> None:
    """Without pauses the audio is in memory; with them it is in a file, which is encoded as base64 in blocks."""
    fields = {"ssml": build_pauses(count).replace("</speak>", "Hello.</speak>"), "seed": 1, "format": format}
    alone = client.post("/synthesize", json=fields)
    timed = client.post("/synthesize", json={**fields, "timing": True})
    assert int(timed.headers["content-length"]) == len(timed.content)
    assert base64.b64decode(timed.json()["audio"], validate=True) == alone.content
    assert list(timed.json()) == ["audio", "format", "content_type", "sample_rate", "duration", "plan"]
    assert timed.headers["content-type"] == "application/json"


def test_ranges_of_a_spooled_file_match_the_whole(client: httpx.Client) -> None:
    def get(**headers: str) -> httpx.Response:
        return client.get("/synthesize", params={"ssml": build_pauses(2)}, headers=headers)

    whole, middle = get(), len(get().content) // 2
    part = get(Range=f"bytes={middle}-{middle + 299_999}")
    assert (part.status_code, part.content) == (206, whole.content[middle : middle + 300_000])
    assert part.headers["etag"] == whole.headers["etag"]
    assert get(Range="bytes=0-0").content == whole.content[:1]
    head = client.head("/synthesize", params={"ssml": build_pauses(2)})
    assert (head.headers["content-length"], head.headers["etag"]) == (str(len(whole.content)), whole.headers["etag"])
    wait_until(lambda: read_spool_bytes(client) == 0, 30)
