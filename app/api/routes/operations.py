"""Routes for health checks and metrics, and the gauges of the service's state."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi.errors import describe_json, describe_problems
from app.api.schemas import answers
from app.api.state import Service, get_service
from app.errors import NotReady
from app.packages import version

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


router = APIRouter(tags=["operation"])


@router.get("/health", summary="Is the process alive?", response_model=None, responses=describe_json(answers.Alive))
async def health() -> answers.Alive:
    """Respond as long as the process is alive, even while models are loaded or speech is synthesized."""
    return {"status": "ok"}


@router.get(
    "/ready",
    summary="Can it speak?",
    response_model=None,
    responses={**describe_json(answers.Ready), **describe_problems(NotReady)},
)
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


_OF_SERVICE: tuple[tuple[str, str, Callable[[Service], float]], ...] = (
    ("intone_ready", "1 if GET /ready is 200, else 0.", lambda one: float(one.is_ready)),
    ("intone_requests_waiting", "Requests waiting for a place.", lambda one: one.speaking.waiting),
    ("intone_requests_waiting_limit", "Maximum waiting requests.", lambda one: one.settings.queue_size),
    ("intone_streams_open", "Open streams.", lambda one: one.streams.count),
    ("intone_streams_open_limit", "Maximum open streams.", lambda one: one.streams.most),
    ("intone_sockets_open", "Open WebSockets.", lambda one: one.live.count),
    ("intone_sockets_open_limit", "Maximum open WebSockets.", lambda one: one.live.most),
    ("intone_spool_bytes", "Bytes reserved for complete responses.", lambda one: one.spools.reserved),
)
_OF_PIPELINE: tuple[tuple[str, str, Callable[[Pipeline], float]], ...] = (
    ("intone_voices", "Available voices.", lambda one: len(one.registry.voices)),
    ("intone_utterances_waiting", "Utterances waiting for a worker.", lambda one: one.engine.waiting.utterances),
    (
        "intone_workers_alive",
        "Running workers; INTONE_WORKERS once the models are loaded.",
        lambda one: one.engine.live_workers,
    ),
    ("intone_cache_bytes", "Memory of the sentence cache, in bytes.", lambda one: one.engine.cache.weight),
    ("intone_cache_sentences", "Sentences in the cache.", lambda one: len(one.engine.cache)),
)
_COUNTERS: tuple[tuple[str, str, Callable[[Pipeline], float]], ...] = (
    (
        "intone_worker_restarts",
        "Restarts of workers that failed outside of a batch.",
        lambda one: one.engine.progress.restarts,
    ),
    ("intone_cache_hits", "Sentences that were in the cache.", lambda one: one.engine.cache.hits),
    ("intone_cache_misses", "Sentences that were not in the cache.", lambda one: one.engine.cache.misses),
    (
        "intone_cache_evictions",
        "Sentences that left the cache to make room for others.",
        lambda one: one.engine.cache.evictions,
    ),
)
"""Name, description and value of each gauge, and of each counter, of a loaded pipeline."""


def register_gauges(service: Service) -> None:
    """Register the gauges; those that need a loaded pipeline are 0 before."""
    metrics = service.metrics

    def read(value: Callable[[Pipeline], float]) -> float:
        return value(service.loaded) if service.loaded else 0.0

    for name, text, of_service in _OF_SERVICE:
        metrics.watch(name, text, partial(of_service, service))
    for name, text, value in _OF_PIPELINE:
        metrics.watch(name, text, partial(read, value))
    for name, text, value in _COUNTERS:
        metrics.watch_count(name, text, partial(read, value))
    metrics.watch_info("intone_build", "Version and backend.", lambda: _build_info(service))
    metrics.watch_sizes(
        "intone_batch_utterances",
        "Utterances in each batch that a worker took.",
        BATCH_SIZE_BUCKETS,
        lambda: service.loaded.engine.progress.batches if service.loaded else {},
    )


def _build_info(service: Service) -> dict[str, str]:
    return {"version": version(), "backend": service.loaded.engine.backend.name if service.loaded else ""}
