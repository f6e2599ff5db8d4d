"""Services whose networks and clock a test controls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from torch import nn

from app.api.jobs import JobQueue
from app.inference import AnyArray, ExampleInputs, LazyModule, Network
from app.inference.pytorch import TorchBackend
from app.main import create_app
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline, load_classifier
from app.voices import Registry
from tests.serving import serve_in_thread
from tests.speaking import running_engine


class HeldBackend(TorchBackend):
    """A backend whose networks wait while the gate is closed."""

    def __init__(self, on_run: Callable[[], None]) -> None:
        super().__init__()
        self.on_run = on_run
        self.gate = threading.Event()
        self.gate.set()

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        run = super().compile(module, example, precise)

        def wait_and_run(*inputs: AnyArray) -> tuple[AnyArray, ...]:
            assert self.gate.wait(60)
            self.on_run()
            return run(*inputs)

        return wait_and_run


@dataclass
class Clock:
    """The real clock plus the seconds that a test adds."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.perf_counter() + self.ahead


@dataclass
class HeldService:
    """A service with one worker, which a test can pause."""

    client: httpx.Client
    pipeline: Pipeline
    clock: Clock
    backend: HeldBackend
    queue: JobQueue
    """The queue of requests for speech."""
    callers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def status(self, path: str) -> int:
        return self.client.get(path).status_code


@contextmanager
def held_service(seconds_a_run: float = 0.0, **chosen: Any) -> Iterator[HeldService]:
    """Start a service in this process and speak once; each run of a network advances its clock by `seconds_a_run`."""
    settings, clock = load_settings(**chosen), Clock()

    def on_run() -> None:
        clock.ahead += seconds_a_run

    backend = HeldBackend(on_run)
    registry = Registry(settings.voices, settings.default_voice, {})
    app = create_app(settings, clock=clock)
    with running_engine(backend, workers=1, batch_size=1) as engine:
        pipeline = Pipeline(settings, load_classifier(settings, TorchBackend()), registry, engine)
        app.state.service.loaded = pipeline
        with serve_in_thread(app) as url, httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
            service = HeldService(client, pipeline, clock, backend, app.state.service.speaking)
            assert client.post("/synthesize", json={"text": "Loaded."}).status_code == 200
            yield service
            backend.gate.set()
            service.callers.shutdown()
