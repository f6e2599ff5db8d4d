"""Whose workers hang is not ready, says why, and is ready again when they go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest
from serving import serving_here, wait_until
from torch import Tensor, nn

from app.api.service import STALL_SECONDS
from app.backends import Example, Network
from app.backends.torch import TorchBackend
from app.main import create_app
from app.pipeline import Pipeline, load_classifier
from app.settings import load_settings
from app.voices import Registry
from tests.speaking import running_engine

TEXT = "The harbour was quiet. Then the ferry came in. Nobody waved."


class HeldBackend(TorchBackend):
    """Its networks wait while the gate is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def compile(self, module: nn.Module, example: Example, precise: bool = False) -> Network:
        run = super().compile(module, example, precise)

        def held(*inputs: Tensor) -> tuple[Tensor, ...]:
            assert self.gate.wait(60)
            return run(*inputs)

        return held


@dataclass
class Clock:
    """The real one, and what a test adds to it."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.perf_counter() + self.ahead


@dataclass
class Service:
    """A service with one worker, which the test holds up."""

    client: httpx.Client
    pipeline: Pipeline
    clock: Clock
    backend: HeldBackend
    callers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def status(self, path: str) -> int:
        return self.client.get(path).status_code


@pytest.fixture
def service() -> Iterator[Service]:
    settings, backend, clock = load_settings(), HeldBackend(), Clock()
    registry = Registry(settings.voices, settings.default_voice, {})
    app = create_app(settings, clock=clock)
    with running_engine(backend, workers=1, batch_size=1) as engine:
        pipeline = Pipeline(settings, load_classifier(settings, TorchBackend()), registry, engine)
        app.state.service.loaded = pipeline
        with serving_here(app) as url, httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
            service = Service(client, pipeline, clock, backend)
            assert client.post("/synthesize", json={"text": "Loaded."}).status_code == 200
            yield service
            backend.gate.set()
            service.callers.shutdown()


def test_waiting_work_and_no_progress_for_a_minute_is_not_ready_until_it_goes_on(service: Service) -> None:
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


def test_a_service_that_nobody_asks_for_anything_is_ready_for_ever(service: Service) -> None:
    service.clock.ahead = 1_000_000
    assert service.status("/ready") == 200
