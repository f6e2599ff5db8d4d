"""Whether the process lives, and whether it can speak."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from app.api import answers
from app.api.docs.errors import problems
from app.api.service import service_of
from app.errors import NotReady

router = APIRouter(tags=["operation"])


@router.get("/health", summary="Is the process alive?")
async def health() -> answers.Alive:
    """Answers as long as the process does, also while the models are loaded and while it speaks."""
    return {"status": "ok"}


@router.get("/ready", summary="Can it speak?", responses=problems(NotReady))
async def ready(request: Request) -> answers.Ready:
    """200 once the models are loaded and have spoken; 503 before, and while utterances wait and nothing moves."""
    service_of(request).check_ready()
    return {"status": "ready"}
