"""A service whose workers stall is not ready, reports why, and is ready again when they continue."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.api.state import STALL_SECONDS
from app.settings import load_settings
from tests.controlled_service import HeldService, held_service
from tests.live.talking import listen, open_socket, send
from tests.serving import wait_until

TEXT = "The harbour was quiet. Then the ferry came in. Nobody waved."


@pytest.fixture
def service() -> Iterator[HeldService]:
    with held_service() as service:
        yield service


def test_a_service_without_progress_for_a_minute_is_not_ready_until_work_continues(service: HeldService) -> None:
    service.backend.gate.clear()
    future = service.callers.submit(service.client.post, "/synthesize", json={"text": TEXT})
    wait_until(lambda: len(service.pipeline.engine.waiting) > 0, 30)
    assert service.status("/ready") == 200
    service.clock.ahead = STALL_SECONDS + 1
    readiness = service.client.get("/ready")
    assert (readiness.status_code, readiness.json()["code"]) == (503, "not_ready")
    assert "no worker has finished" in readiness.json()["detail"] and readiness.headers["retry-after"]
    assert (service.status("/ping"), service.status("/health")) == (503, 200)
    assert "\nintone_ready 0.0\n" in service.client.get("/metrics").text
    service.backend.gate.set()
    assert future.result().status_code == 200
    assert (service.status("/ready"), service.status("/ping")) == (200, 200)
    assert "\nintone_ready 1.0\n" in service.client.get("/metrics").text


def test_an_idle_service_stays_ready(service: HeldService) -> None:
    service.clock.ahead = 1_000_000
    assert service.status("/ready") == 200


def test_a_service_is_not_ready_while_a_request_waits_too_long_for_a_thread(service: HeldService) -> None:
    release = threading.Event()
    for _ in range(load_settings().concurrency):
        service.queue._threads.submit(release.wait)
    future = service.callers.submit(service.client.post, "/synthesize", json={"text": "Hello."})
    wait_until(lambda: service.queue.measure_stall(time.perf_counter()) > 0, 30)
    assert service.status("/ready") == 200
    service.clock.ahead = STALL_SECONDS + 1
    readiness = service.client.get("/ready")
    assert (readiness.status_code, readiness.json()["code"]) == (503, "not_ready")
    assert "waited for a thread" in readiness.json()["detail"]
    release.set()
    assert future.result().status_code == 200
    assert service.status("/ready") == 200


def test_a_client_that_waits_for_audio_is_not_silent(service: HeldService) -> None:
    with open_socket(str(service.client.base_url).rstrip("/"), inactivity_timeout=1) as socket:
        service.backend.gate.clear()
        send(socket, {"text": " "}, {"text": TEXT, "flush": True})
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.5)
        service.backend.gate.set()
        send(socket, {"text": ""})
        heard = listen(socket)[""]
    assert heard.is_final and len(heard.utterances) == 3 and not heard.errors
