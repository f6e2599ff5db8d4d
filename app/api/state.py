"""State that the routes share: the pipeline after it is loaded, and the queues in front of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from starlette.requests import Request

from app.api.clients import LiveLimits, OpenStreams, RateLimit, ReaderPatience
from app.api.jobs import JobQueue
from app.api.parsing.body import MAX_LARGE_BODIES, LargeBodyLimit
from app.api.responses.spool import SpoolBudget
from app.errors import NotReady, SetupError
from app.memory import freeze_objects, unfreeze_objects
from app.metrics import Metrics
from app.settings import Settings
from app.voices.serialize import ReloadJson, changes_to_dict

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


STALL_SECONDS = 60
"""Seconds without progress after which workers are stalled; no step takes so long on the slowest usable machine."""
SHORT_TEXT_CHARS = 2000
"""Maximum length of a text that is analyzed in a fraction of a second."""
RELEASE_SECONDS = 60
"""Seconds between two checks for voices that are not used any more."""
RESTART_HINT = "If that lasts, restart the service."

PARSING_WORKERS = 2
"""Maximum large bodies parsed at a time; parsed, each takes up to a hundred megabytes."""

MAX_DOCUMENTS = 4
"""Maximum documents in memory that are not read yet."""

logger = logging.getLogger("intone.service")


def load_pipeline(settings: Settings) -> Pipeline:
    """Load the models of a service that synthesizes in its own process."""
    # Imported here, in the thread: importing torch takes seconds, in which the service must already respond.
    from app.synthesis.pipeline import Pipeline

    return Pipeline.load(settings, warm=True)


class Service:
    """State of one app; created and used in its event loop."""

    def __init__(
        self,
        settings: Settings,
        on_failure: Callable[[str], None],
        clock: Callable[[], float] = time.perf_counter,
        load: Callable[[Settings], Pipeline] = load_pipeline,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.failure: str | None = None
        self._on_failure = on_failure
        self._load = load
        self.metrics = Metrics()
        self.rate_limit = RateLimit(settings.rate_limit)
        self.loaded: Pipeline | None = None
        """None until it is loaded; `pipeline()` raises `NotReady` with the reason."""
        self._reloading = asyncio.Lock()
        self.streams = OpenStreams(settings.max_streams, settings.max_streams_per_client)
        self.live = LiveLimits(settings.max_sockets, settings.max_sockets_per_client, settings.socket_chars_per_minute)
        self.draining = asyncio.Event()
        """Set when the server stops: sockets finish what they speak, and take no more text."""
        # One thread for each stream, so that a finished piece never waits for unfinished ones.
        self.speaking = self._make_queue("speaking", settings.concurrency, settings.max_streams)
        # Separate from speech, because an analysis takes milliseconds; and from each other, so that texts that
        # the page sends while the user types never wait for a book. Long texts gain nothing from a second worker.
        self._analyzing_short = self._make_queue("analyzing", settings.workers)
        self._analyzing_long = self._make_queue("analyzing-long", 1)
        self.spools = SpoolBudget(settings.spool_mb)
        self.large_bodies = LargeBodyLimit()
        self.document_bodies = LargeBodyLimit(MAX_DOCUMENTS)
        self.documents = JobQueue("documents", workers=1, queue_size=MAX_DOCUMENTS, time_budget=settings.time_budget)
        """Queue for documents, so that a slow one keeps only others waiting."""
        self.parsing = JobQueue(
            "parsing", workers=PARSING_WORKERS, queue_size=MAX_LARGE_BODIES, time_budget=settings.time_budget
        )
        """Queue for large bodies; small ones never wait."""
        self.queues = (self.speaking, self._analyzing_short, self._analyzing_long, self.parsing, self.documents)

    def get_analysis_queue(self, characters: int) -> JobQueue:
        """Return the queue for the analysis of a text of this many characters."""
        return self._analyzing_short if characters <= SHORT_TEXT_CHARS else self._analyzing_long

    def _make_queue(self, name: str, workers: int, stream_threads: int = 1) -> JobQueue:
        return JobQueue(
            name,
            workers=workers,
            queue_size=self.settings.queue_size,
            time_budget=self.settings.time_budget,
            stream_time_budget=self.settings.stream_time_budget,
            stream_threads=stream_threads,
            clock=self.clock,
        )

    def make_patience(self) -> ReaderPatience:
        """Return the patience with the reader of one stream."""
        return ReaderPatience(self.settings.reader_patience, self.settings.reader_rate)

    async def load(self) -> None:
        """Load the models in a thread, so that the service already responds to health checks."""
        # One thread, so that their number does not depend on how many answers end at the same moment.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="background"))
        try:
            loaded = await asyncio.to_thread(self._load, self.settings)
            # After loading the models, which limits the heaps that threads get.
            await asyncio.to_thread(self._start_threads)
            await asyncio.to_thread(freeze_objects)
            self.loaded = loaded
        except SetupError as error:
            self._fail(f"{error.detail} {error.hint}".strip())
        except Exception:
            logger.exception("The models cannot be loaded.")
            self._fail("The models cannot be loaded; the log says where it happened.")
        else:
            self._log_problems()
            logger.info("ready")

    async def reload_voices(self) -> ReloadJson:
        """Read the folders of the voices again, and return what has changed; running requests keep their voices."""
        async with self._reloading:
            before = self.get_pipeline()
            self.loaded = after = await asyncio.to_thread(before.reload_voices)
        self._log_problems()
        await asyncio.to_thread(after.engine.release_voices, after.registry, time.monotonic())
        changes = changes_to_dict(before.registry, after.registry)
        logger.info("voices: %s", ", ".join(changes["voices"]))
        return changes

    def _log_problems(self) -> None:
        for folder, problem in self.get_pipeline().registry.problems.items():
            logger.warning("The voice in %s is left out: %s", folder, problem)

    async def release_idle_voices(self) -> None:
        """Release pages and the models of unused voices again and again, until cancelled."""
        while True:
            await asyncio.sleep(RELEASE_SECONDS)
            if self.loaded is not None:
                try:
                    await asyncio.to_thread(self.loaded.engine.release_voices, self.loaded.registry, time.monotonic())
                except RuntimeError as error:  # the system may allow no further thread
                    logger.warning("Memory of unused voices is released later: %s", error)

    def _start_threads(self) -> None:
        try:
            for queue in self.queues:
                queue.start_threads()
        except RuntimeError as error:
            raise SetupError(
                f"The threads that do the work cannot be started: {error}.",
                hint="Allow the service more memory or threads (ulimit -v, ulimit -u, pids.max), or lower"
                " INTONE_MAX_STREAMS or INTONE_CONCURRENCY.",
            ) from None

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._on_failure(reason)

    def get_pipeline(self) -> Pipeline:
        """Return the loaded pipeline, or raise `NotReady` with the reason."""
        if self.loaded is None:
            raise NotReady(
                self.failure or "The models are still being loaded.", hint="GET /ready returns 200 when they are ready."
            )
        return self.loaded

    def check_ready(self) -> None:
        """Raise `NotReady` if models are not loaded, workers are dead or stalled, or threads do not start."""
        now, engine = self.clock(), self.get_pipeline().engine
        if not engine.live_workers:
            raise NotReady("No worker is alive.", hint="Restart the service.")
        stalled = engine.measure_stall(now)
        if stalled > STALL_SECONDS:
            raise NotReady(
                f"Utterances wait, and no worker has finished anything for {stalled:.0f} seconds.", hint=RESTART_HINT
            )
        unbegun = max(queue.measure_stall(now) for queue in self.queues)
        if unbegun > STALL_SECONDS:
            raise NotReady(f"Requests have waited for a thread for {unbegun:.0f} seconds.", hint=RESTART_HINT)

    @property
    def is_ready(self) -> bool:
        """Whether the service can synthesize now."""
        try:
            self.check_ready()
        except NotReady:
            return False
        return True

    async def close(self) -> None:
        """Wait for running work to finish, and close the pipeline."""
        for queue in self.queues:
            await queue.close()
        if self.loaded is not None:
            await asyncio.to_thread(self.loaded.close)
            unfreeze_objects()


def get_service(request: Request) -> Service:
    """Return the service of the request's app."""
    service: Service = request.app.state.service
    return service


async def limit_rate(request: Request) -> None:
    """Enforce the rate limit before the body is read; dependency of every route that synthesizes or analyzes."""
    get_service(request).rate_limit.check(request)
