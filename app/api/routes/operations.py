"""Routes for health checks and metrics, and the gauges of the service's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi.errors import describe_problems
from app.api.schemas import answers
from app.api.state import Service, get_service
from app.errors import NotReady
from app.packages import version

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


router = APIRouter(tags=["operation"])


@router.get("/health", summary="Is the process alive?")
async def health() -> answers.Alive:
    """Respond as long as the process is alive, even while models are loaded or speech is synthesized."""
    return {"status": "ok"}


@router.get("/ready", summary="Can it speak?", responses=describe_problems(NotReady))
async def ready(request: Request) -> answers.Ready:
    """Return 200 after the models are loaded and warmed up; 503 before, and while utterances wait without progress."""
    get_service(request).check_ready()
    return {"status": "ready"}


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def metrics(request: Request) -> Response:
    """Return metrics of requests, stages, utterances by emotion, warnings, queues, cache and process, but no text."""
    return Response(get_service(request).metrics.render_exposition(), media_type=CONTENT_TYPE_LATEST)


BATCH_SIZE_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Utterances per batch, up to the largest batch that the settings allow."""


def register_gauges(service: Service) -> None:
    """Register the gauges; those that need a loaded pipeline are 0 before."""
    _register_readiness(service)
    _register_queues(service)
    _register_cache(service)
    service.metrics.watch(
        "intone_spool_bytes",
        "Bytes reserved for complete responses.",
        lambda: service.spools.reserved,
    )


def _register_readiness(service: Service) -> None:
    metrics = service.metrics
    metrics.watch("intone_ready", "1 if GET /ready is 200, else 0.", lambda: float(service.is_ready))
    metrics.watch_info("intone_build", "Version and backend.", lambda: _build_info(service))
    metrics.watch("intone_voices", "Available voices.", _from_pipeline(service, lambda one: len(one.registry.voices)))


def _register_queues(service: Service) -> None:
    metrics = service.metrics
    metrics.watch("intone_requests_waiting", "Requests waiting for a place.", lambda: service.speaking.waiting)
    metrics.watch("intone_requests_waiting_limit", "Maximum waiting requests.", lambda: service.settings.queue_size)
    metrics.watch("intone_streams_open", "Open streams.", lambda: service.streams.count)
    metrics.watch("intone_streams_open_limit", "Maximum open streams.", lambda: service.streams.most)
    metrics.watch("intone_sockets_open", "Open WebSockets.", lambda: service.live.count)
    metrics.watch("intone_sockets_open_limit", "Maximum open WebSockets.", lambda: service.live.most)
    metrics.watch(
        "intone_utterances_waiting",
        "Utterances waiting for a worker.",
        _from_pipeline(service, lambda one: one.engine.waiting.utterances),
    )
    metrics.watch(
        "intone_workers_alive",
        "Running workers; INTONE_WORKERS once the models are loaded.",
        _from_pipeline(service, lambda one: one.engine.live_workers),
    )
    metrics.watch_count(
        "intone_worker_restarts",
        "Restarts of workers that failed outside of a batch.",
        _from_pipeline(service, lambda one: one.engine.progress.restarts),
    )
    metrics.watch_sizes(
        "intone_batch_utterances",
        "Utterances in each batch that a worker took.",
        BATCH_SIZE_BUCKETS,
        lambda: pipeline.engine.progress.batches if (pipeline := service.loaded) else {},
    )


def _register_cache(service: Service) -> None:
    watch, count = service.metrics.watch, service.metrics.watch_count
    watch(
        "intone_cache_bytes",
        "Memory of the sentence cache, in bytes.",
        _from_pipeline(service, lambda one: one.engine.cache.weight),
    )
    watch(
        "intone_cache_sentences", "Sentences in the cache.", _from_pipeline(service, lambda one: len(one.engine.cache))
    )
    count(
        "intone_cache_hits",
        "Sentences that were in the cache.",
        _from_pipeline(service, lambda one: one.engine.cache.hits),
    )
    count(
        "intone_cache_misses",
        "Sentences that were not in the cache.",
        _from_pipeline(service, lambda one: one.engine.cache.misses),
    )
    count(
        "intone_cache_evictions",
        "Sentences that left the cache to make room for others.",
        _from_pipeline(service, lambda one: one.engine.cache.evictions),
    )


def _from_pipeline(service: Service, value: Callable[[Pipeline], float]) -> Callable[[], float]:
    return lambda: value(pipeline) if (pipeline := service.loaded) else 0.0


def _build_info(service: Service) -> dict[str, str]:
    return {"version": version(), "backend": service.loaded.engine.backend.name if service.loaded else ""}
