"""What the routes share: the pipeline once it is loaded, and the queues in front of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request

from app.api.work import WorkQueue
from app.errors import NotReady, SetupError
from app.metrics import Metrics
from app.settings import Settings

if TYPE_CHECKING:
    from app.pipeline import Pipeline
    from app.speech import Engine

logger = logging.getLogger("intone.service")


class Service:
    """Belongs to one app; made and used in its event loop."""

    def __init__(self, settings: Settings, on_failure: Callable[[str], None]) -> None:
        self.settings = settings
        self.failure: str | None = None
        self._on_failure = on_failure
        self.metrics = Metrics()
        self._pipeline: Pipeline | None = None
        self.speaking = _queue("speaking", settings.concurrency, settings)
        # Apart from the other queue: an analysis takes milliseconds and must not wait behind a book that is read.
        self.analyzing = _queue("analyzing", 1, settings)
        self.metrics.watch("intone_requests_waiting", "Requests in the queue.", lambda: self.speaking.waiting)

    async def load(self) -> None:
        """Load the models in a thread, so that the service can already tell that it is alive."""
        try:
            self._pipeline = await asyncio.to_thread(_load, self.settings)
        except SetupError as error:
            self._fail(f"{error.detail} {error.hint}".strip())
        except Exception:
            logger.exception("The models cannot be loaded.")
            self._fail("The models cannot be loaded; the log says where it happened.")
        else:
            self._watch(self._pipeline.engine)
            logger.info("ready")

    def _watch(self, engine: Engine) -> None:
        cache, watch, count = engine.cache, self.metrics.watch, self.metrics.watch_count
        watch("intone_utterances_waiting", "Utterances in the engine's queue.", lambda: len(engine.waiting))
        watch("intone_cache_bytes", "Memory of the sentence cache.", lambda: cache.weight)
        watch("intone_cache_sentences", "Sentences in the cache.", lambda: len(cache))
        count("intone_cache_hits", "Sentences that were in the cache.", lambda: cache.hits)
        count("intone_cache_misses", "Sentences that were not.", lambda: cache.misses)

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._on_failure(reason)

    def pipeline(self) -> Pipeline:
        """The loaded pipeline, or the reason why there is none."""
        if self._pipeline is None:
            raise NotReady(self.failure or "The models are still being loaded.", hint="GET /ready tells when it can.")
        return self._pipeline

    async def close(self) -> None:
        """Waits for the work that still runs."""
        await self.speaking.close()
        await self.analyzing.close()
        if self._pipeline is not None:
            await asyncio.to_thread(self._pipeline.close)


def _queue(name: str, workers: int, settings: Settings) -> WorkQueue:
    return WorkQueue(name, workers=workers, queue_size=settings.queue_size, time_budget=settings.time_budget)


def _load(settings: Settings) -> Pipeline:
    # Imported here, in the thread: torch takes seconds, in which the service must already answer.
    from app.pipeline import Pipeline

    return Pipeline.load(settings, warm=True)


def service_of(request: Request) -> Service:
    """The service that the app was made with."""
    service: Service = request.app.state.service
    return service
