"""GET /metrics: what the service has done, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from app.api.service import service_of

router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def metrics(request: Request) -> Response:
    """Requests, stages, utterances by emotion, warnings, queues, cache and process; no text of anybody."""
    return Response(service_of(request).metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
