"""What the routes share: the pipeline once it is loaded, and the queues in front of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request

from app.api.work import WorkQueue
from app.errors import NotReady, SetupError
from app.metrics import Metrics
from app.settings import Settings

if TYPE_CHECKING:
    from app.pipeline import Pipeline

STALL_SECONDS = 60
"""Nothing that a worker does between two signs of life takes so long, on the slowest machine that can be used."""

logger = logging.getLogger("intone.service")


class Service:
    """Belongs to one app; made and used in its event loop."""

    def __init__(
        self, settings: Settings, on_failure: Callable[[str], None], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.failure: str | None = None
        self._on_failure = on_failure
        self.metrics = Metrics()
        self.loaded: Pipeline | None = None
        """None until it is; `pipeline()` tells why."""
        self.speaking = _queue("speaking", settings.concurrency, settings)
        # Apart from the other queue: an analysis takes milliseconds and must not wait behind a book that is read.
        self.analyzing = _queue("analyzing", 1, settings)

    async def load(self) -> None:
        """Load the models in a thread, so that the service can already tell that it is alive."""
        try:
            self.loaded = await asyncio.to_thread(_load, self.settings)
        except SetupError as error:
            self._fail(f"{error.detail} {error.hint}".strip())
        except Exception:
            logger.exception("The models cannot be loaded.")
            self._fail("The models cannot be loaded; the log says where it happened.")
        else:
            for folder, problem in self.loaded.registry.problems.items():
                logger.warning("The voice in %s is left out: %s", folder, problem)
            logger.info("ready")

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._on_failure(reason)

    def pipeline(self) -> Pipeline:
        """The loaded pipeline, or the reason why there is none."""
        if self.loaded is None:
            raise NotReady(self.failure or "The models are still being loaded.", hint="GET /ready tells when it can.")
        return self.loaded

    def check_ready(self) -> None:
        """Raises `NotReady` where it cannot speak: not yet, or because its workers hang or are gone."""
        engine = self.pipeline().engine
        if not engine.live_workers:
            raise NotReady("No worker is alive.", hint="Restart the service.")
        stalled = engine.stalled_for(self.clock())
        if stalled > STALL_SECONDS:
            raise NotReady(
                f"Utterances wait, and no worker has finished anything for {stalled:.0f} seconds.",
                hint="If that lasts, restart the service.",
            )

    @property
    def is_ready(self) -> bool:
        """Whether it can speak now."""
        try:
            self.check_ready()
        except NotReady:
            return False
        return True

    async def close(self) -> None:
        """Waits for the work that still runs."""
        await self.speaking.close()
        await self.analyzing.close()
        if self.loaded is not None:
            await asyncio.to_thread(self.loaded.close)


def _queue(name: str, workers: int, settings: Settings) -> WorkQueue:
    return WorkQueue(
        name,
        workers=workers,
        queue_size=settings.queue_size,
        time_budget=settings.time_budget,
        stream_time_budget=settings.stream_time_budget,
    )


def _load(settings: Settings) -> Pipeline:
    # Imported here, in the thread: torch takes seconds, in which the service must already answer.
    from app.pipeline import Pipeline

    return Pipeline.load(settings, warm=True)


def service_of(request: Request) -> Service:
    """The service that the app was made with."""
    service: Service = request.app.state.service
    return service
