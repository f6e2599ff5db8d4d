"""The service as somebody would run it for others: with keys, a limit, pages of another origin, below a path."""

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
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(
        tmp_path_factory.mktemp("guarded"),
        *("--rate-limit", "30", "--cors-origins", PAGE, "--root-path", "/tts"),
        INTONE_API_KEYS=f"alice={ALICE},bob={BOB}",
    )
    yield server
    server.stop()


def speak(server: Server, key: str, path: str = "/synthesize") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Origin": PAGE}
    with server.client() as client:
        return client.post(path, json={"text": "Hello."}, headers=headers)


@pytest.mark.parametrize("prefix", ["", "/tts"])
def test_who_has_a_key_is_spoken_to_and_a_page_can_read_the_answer(guarded: Server, prefix: str) -> None:
    answer = speak(guarded, ALICE, f"{prefix}/synthesize")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PAGE)
    with wave.open(io.BytesIO(answer.content)) as file:
        assert file.getnframes() > 1000


def test_who_has_none_is_not(guarded: Server) -> None:
    refused = speak(guarded, ALICE[:-1])
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, PAGE)


def test_who_asks_too_often_is_told_to_wait_and_others_are_not(guarded: Server) -> None:
    refused = [answer for _ in range(20) if (answer := speak(guarded, ALICE, "/analyze")).status_code == 429]
    assert refused and all(1 <= int(answer.headers["retry-after"]) <= 2 for answer in refused)
    assert speak(guarded, BOB, "/analyze").status_code == 200


def test_the_log_has_the_names_and_not_the_keys(guarded: Server) -> None:
    speak(guarded, BOB, "/analyze")
    log = guarded.log_text()
    assert '"key": "bob"' in log
    assert ALICE not in log and BOB not in log and ALICE[:-1] not in log
