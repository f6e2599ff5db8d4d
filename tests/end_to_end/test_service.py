"""The service under load, its log, its limits and its shutdown."""

from __future__ import annotations

import json
import logging
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.voices.registry import OPENAI_VOICES
from tests.controlled_service import held_service
from tests.serving import Server, StartServer, wait_until

LONG = " ".join(
    f"The rain fell on the roof all night, and {number} people in the old house could not sleep at all."
    for number in range(100, 300)
)
"""Takes long to speak, as no sentence repeats."""

SECRET = "Xylophon Quarzuhr"
"""A text that no log may contain."""


def read_log_lines(server: Server, route: str = "/synthesize") -> list[dict[str, object]]:
    """Read the log lines of requests to a route."""
    lines = [json.loads(line) for line in server.log_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("route") == route]


def test_concurrent_requests_get_the_same_bytes_as_sequential_ones(client: httpx.Client) -> None:
    names = ["neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust", "auto"]
    bodies = [
        {
            "text": f"Request {number} has its own words. And {number + 1} more!",
            "seed": number,
            "emotion": names[number % 8],
        }
        for number in range(20)
    ]

    def speak(body: dict[str, object]) -> bytes:
        response = client.post("/synthesize", json=body)
        assert response.status_code == 200, response.text
        return response.content

    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(speak, bodies))
    alone = [speak(body) for body in bodies]
    assert together == alone
    assert len(set(alone)) == 20


def test_requests_do_not_block_the_event_loop(watched_server: str) -> None:
    """BlockBuster turns a blocking call in the event loop into a 500 response."""
    with httpx.Client(base_url=watched_server, timeout=120, trust_env=False) as client:
        big = json.dumps({"text": "a" * 20_001, "voice": "b" * 1_000_000})
        silence = "<speak>A<break time='20s'/>b.</speak>"
        statuses = [
            client.get("/health").status_code,
            client.get("/docs").status_code,
            client.get("/openapi.json").status_code,
            client.get("/voices").status_code,
            client.get("/voices/nobody").status_code,
            client.post("/synthesize", json={"text": "Hello. How are you?"}).status_code,
            client.post("/synthesize", json={"text": "Hello.", "timing": True, "format": "flac"}).status_code,
            client.post("/synthesize", json={"ssml": silence, "timing": True}).status_code,
            client.get("/synthesize", params={"ssml": silence}, headers={"Range": "bytes=0-0"}).status_code,
            client.get("/synthesize", params={"ssml": silence}, headers={"Range": "bytes=9999999-"}).status_code,
            client.post("/analyze", json={"text": "Hello. " * 500}).status_code,
            client.post("/synthesize", content=big, headers={"Content-Type": "application/json"}).status_code,
            client.post("/synthesize", content=b"a" * 4_000_000, headers={"Content-Type": "text/plain"}).status_code,
        ]
    assert statuses == [200, 200, 200, 200, 404, 200, 200, 200, 206, 416, 200, 413, 413]


def test_health_responds_while_the_service_speaks(server: Server, client: httpx.Client) -> None:
    with ThreadPoolExecutor(1) as other, server.create_client() as second:
        speaking = other.submit(client.post, "/synthesize", json={"text": LONG[:4000]})
        for _ in range(20):
            assert second.get("/health").status_code == 200
        assert not speaking.done()
    assert speaking.result().status_code == 200


def test_log_lines_contain_measurements_but_no_text(server: Server, client: httpx.Client) -> None:
    client.post("/synthesize", json={"text": f"{SECRET}. How nice!"}, headers={"X-Request-Id": "log-me"})
    client.post("/synthesize", json={"text": "Hi", SECRET: SECRET})
    client.post("/synthesize", json={"text": "Hi", "voice": SECRET, "emotion": SECRET})
    client.post("/synthesize", content=f'{{"text": "{SECRET}', headers={"Content-Type": "application/json"})
    client.post("/analyze", content=f"{SECRET}. ".encode() * 50, headers={"Content-Type": "text/plain"})
    wait_until(lambda: any(line["request_id"] == "log-me" for line in read_log_lines(server)), 10)
    (line,) = [line for line in read_log_lines(server) if line["request_id"] == "log-me"]
    assert (line["method"], line["status"], line["characters"]) == ("POST", 200, len(SECRET) + 11)
    assert line["utterances"] == 2
    assert sum(line["emotions"].values()) == 2  # type: ignore[attr-defined]
    assert float(line["audio_seconds"]) > 0.5  # type: ignore[arg-type]
    for word in SECRET.split():
        assert word not in server.log_text()


def test_a_full_queue_refuses_at_once_and_a_disconnect_frees_a_place(caplog: pytest.LogCaptureFixture) -> None:
    with (
        held_service(concurrency=1, queue_size=1) as service,
        ExitStack() as stack,
        caplog.at_level(logging.INFO, "intone.request"),
    ):
        client, url = service.client, service.client.base_url
        service.backend.gate.clear()
        body = json.dumps({"text": LONG}).encode()
        head = f"POST /synthesize HTTP/1.1\r\nHost: {url.host}\r\nContent-Type: application/json\r\n"
        for _ in range(2):
            connection = stack.enter_context(socket.create_connection((url.host, url.port or 80)))
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        wait_until(lambda: service.queue.waiting == 1, 30)
        refused = client.post("/synthesize", json={"text": "Hi."})
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        assert client.post("/analyze", json={"text": "Hi."}).status_code == 200
        assert client.get("/ready").status_code == 200
        stack.close()
        wait_until(lambda: [read_status(one) for one in caplog.records].count(499) == 2, 30)
        service.backend.gate.set()
        assert client.post("/synthesize", json={"text": "Hi."}).status_code == 200


def read_status(record: logging.LogRecord) -> object:
    """Return the status of a logged response."""
    return getattr(record, "facts", {}).get("status")


def test_a_request_over_the_time_budget_is_504_and_the_next_succeeds() -> None:
    with held_service() as service:
        service.backend.gate.clear()
        service.queue.time_budget, before = 0.2, service.queue.time_budget
        late = service.client.post("/synthesize", json={"text": LONG})
        assert (late.status_code, late.json()["code"]) == (504, "over_time_budget")
        assert late.headers["x-should-retry"] == "false"
        service.queue.time_budget = before
        service.backend.gate.set()
        assert service.client.post("/synthesize", json={"text": "Hi."}).status_code == 200


def test_a_stream_has_its_own_time_budget() -> None:
    # By the clock of this service, ten runs of a network take the whole time budget of a stream.
    with held_service(seconds_a_run=1_000, stream_time_budget=10_000, time_budget=100_000) as service:
        with pytest.raises(httpx.RemoteProtocolError):
            service.client.post("/synthesize", json={"text": LONG, "format": "mp3", "stream": True})
        assert service.clock.ahead < 100 * 1_000  # the stream ended long before the end of the text
        cut = 'intone_rejected_total{code="over_time_budget"} 1.0\n'
        wait_until(lambda: cut in service.client.get("/metrics").text, 10)
        before = service.clock.ahead
        assert service.client.post("/synthesize", json={"text": LONG[:800], "format": "mp3"}).status_code == 200
        assert service.clock.ahead - before > 10_000


def test_configured_limits_are_enforced(own_server: StartServer) -> None:
    server = own_server("--max-chars", "30", "--max-audio-seconds", "2", "--voice-aliases", "bird=wren")
    with server.create_client() as client:
        assert client.post("/synthesize", json={"text": "a" * 31}).json()["code"] == "text_too_long"
        slow = client.post("/synthesize", json={"text": "One two three four five six.", "speed": 0.25})
        assert (slow.status_code, slow.json()["code"]) == (413, "audio_too_long")
        response = client.post("/synthesize", json={"text": "\ufeff" + "a" + " " * 28 + "b", "voice": "Bird"})
        assert (response.status_code, response.headers["x-voice"]) == (200, "wren")
        assert client.get("/voices").json()["aliases"] == dict.fromkeys((*OPENAI_VOICES, "bird"), "wren")


def test_sigterm_lets_a_request_finish(own_server: StartServer) -> None:
    server = own_server("--drain-seconds", "120")
    with server.create_client() as client, ThreadPoolExecutor(1) as other:
        before = count_batches(client)
        speaking = other.submit(client.post, "/synthesize", json={"text": LONG[:2000]})
        wait_until(lambda: count_batches(client) > before, 30, server)
        assert not speaking.done()
        assert server.stop() == 0
        response = speaking.result()
    assert response.status_code == 200
    assert len(response.content) == 44 + int.from_bytes(response.content[40:44], "little")


def count_batches(client: httpx.Client) -> float:
    """Read how many batches the workers have taken."""
    lines = client.get("/metrics").text.splitlines()
    return next(float(one.split()[1]) for one in lines if one.startswith("intone_batch_utterances_count "))


def test_ctrl_c_ends_the_service_cleanly(own_server: StartServer, quick_flags: tuple[str, ...]) -> None:
    server = own_server(*quick_flags)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0
    assert "Traceback" not in server.log_text()


def test_the_service_is_live_before_it_is_ready(own_server: StartServer) -> None:
    server = own_server(ready=False)
    with server.create_client() as client:
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 503
        assert client.post("/synthesize", json={"text": "Hi."}).json()["code"] == "not_ready"
        wait_until(lambda: client.get("/ready").status_code == 200, 120, server)
        assert client.post("/synthesize", json={"text": "Hi."}).status_code == 200


def test_a_service_without_models_exits_with_an_error_message(tmp_path: Path, own_server: StartServer) -> None:
    server = own_server("--voices", str(tmp_path), ready=False)
    assert server.process.wait(60) == 1
    assert "INTONE_VOICES" in server.log_text()
    assert "Traceback" not in server.log_text()
