"""Access control of a real service: API keys, a rate limit, CORS and a root path."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator

import httpx
import pytest

from tests.serving import Server, start_server

ALICE, BOB = "key-of-alice-0123456789", "key-of-bob-0123456789"
PAGE = "https://page.example"


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(
        tmp_path_factory.mktemp("guarded_server"),
        *("--rate-limit", "30", "--cors-origins", PAGE, "--root-path", "/tts"),
        INTONE_API_KEYS=f"alice={ALICE},bob={BOB}",
    )
    yield server
    server.stop()


def speak(server: Server, key: str, path: str = "/synthesize") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Origin": PAGE}
    with server.create_client() as client:
        return client.post(path, json={"text": "Hello."}, headers=headers)


@pytest.mark.parametrize("prefix", ["", "/tts"])
def test_a_valid_key_gets_speech_that_an_allowed_origin_can_read(guarded_server: Server, prefix: str) -> None:
    response = speak(guarded_server, ALICE, f"{prefix}/synthesize")
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, PAGE)
    with wave.open(io.BytesIO(response.content)) as file:
        assert file.getnframes() > 1000


def test_a_wrong_key_is_refused_with_401(guarded_server: Server) -> None:
    refused = speak(guarded_server, ALICE[:-1])
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, PAGE)


def test_the_rate_limit_refuses_one_key_with_429_and_not_others(guarded_server: Server) -> None:
    refused = [response for _ in range(20) if (response := speak(guarded_server, ALICE, "/analyze")).status_code == 429]
    assert refused and all(1 <= int(response.headers["retry-after"]) <= 2 for response in refused)
    assert speak(guarded_server, BOB, "/analyze").status_code == 200


def test_the_log_contains_the_names_of_keys_but_not_the_keys(guarded_server: Server) -> None:
    speak(guarded_server, BOB, "/analyze")
    log = guarded_server.log_text()
    assert '"key": "bob"' in log
    assert ALICE not in log and BOB not in log and ALICE[:-1] not in log
