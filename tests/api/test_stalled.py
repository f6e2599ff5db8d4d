"""Whose workers hang is not ready, says why, and is ready again when they go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.api.state import STALL_SECONDS
from app.settings import load_settings
from tests.holding import HeldService, held_service
from tests.serving import wait_until

TEXT = "The harbour was quiet. Then the ferry came in. Nobody waved."


@pytest.fixture
def service() -> Iterator[HeldService]:
    with held_service() as service:
        yield service


def test_waiting_work_and_no_progress_for_a_minute_is_not_ready_until_it_goes_on(service: HeldService) -> None:
    service.backend.gate.clear()
    answer = service.callers.submit(service.client.post, "/synthesize", json={"text": TEXT})
    wait_until(lambda: len(service.pipeline.engine.waiting) > 0, 30)
    assert service.status("/ready") == 200
    service.clock.ahead = STALL_SECONDS + 1
    told = service.client.get("/ready")
    assert (told.status_code, told.json()["code"]) == (503, "not_ready")
    assert "no worker has finished" in told.json()["detail"] and told.headers["retry-after"]
    assert (service.status("/ping"), service.status("/health")) == (503, 200)
    assert "\nintone_ready 0.0\n" in service.client.get("/metrics").text
    service.backend.gate.set()
    assert answer.result().status_code == 200
    assert (service.status("/ready"), service.status("/ping")) == (200, 200)
    assert "\nintone_ready 1.0\n" in service.client.get("/metrics").text


def test_a_service_that_nobody_asks_for_anything_is_ready_for_ever(service: HeldService) -> None:
    service.clock.ahead = 1_000_000
    assert service.status("/ready") == 200


def test_a_request_that_gets_no_thread_is_not_ready_until_it_does(service: HeldService) -> None:
    release = threading.Event()
    for _ in range(load_settings().concurrency):
        service.queue._threads.submit(release.wait)
    answer = service.callers.submit(service.client.post, "/synthesize", json={"text": "Hello."})
    wait_until(lambda: service.queue.stalled_for(time.perf_counter()) > 0, 30)
    assert service.status("/ready") == 200
    service.clock.ahead = STALL_SECONDS + 1
    told = service.client.get("/ready")
    assert (told.status_code, told.json()["code"]) == (503, "not_ready")
    assert "waited for a thread" in told.json()["detail"]
    release.set()
    assert answer.result().status_code == 200
    assert service.status("/ready") == 200
