"""The app: settings, pipeline and routes, wired."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api import analyze, health, metrics, openai, page, sagemaker, ssml, synthesize, voices
from app.api.documentation import document
from app.api.doors import add_doors
from app.api.problems import answer_intone_error, answer_router_error
from app.api.requestlog import CLIENT_GONE
from app.api.service import Service
from app.api.work import ClientGone
from app.errors import IntoneError
from app.settings import Settings


def create_app(settings: Settings, on_failure: Callable[[str], None] = lambda reason: None) -> FastAPI:
    """The service as an ASGI app. `on_failure` hears why, if the models cannot be loaded."""
    app = FastAPIOffline(
        redoc_url=None,
        title="Intone",
        description="Speech whose every sentence carries the emotion of its words.",
        version=_version(),
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    # Reads the system's tables of media types now: the first served file would read them on the event loop.
    mimetypes.init()
    service = Service(settings, on_failure)
    app.state.service = service
    for routes in (page, synthesize, analyze, voices, ssml, openai, sagemaker, health, metrics):
        app.include_router(routes.router)
    app.add_exception_handler(IntoneError, answer_intone_error)
    app.add_exception_handler(HTTPException, answer_router_error)
    app.add_exception_handler(ClientGone, _answer_nobody)
    add_doors(app, settings, service.metrics)
    document(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Loads while the service already answers; at the end waits for what is still spoken."""
    service: Service = app.state.service
    loading = asyncio.create_task(service.load())
    yield
    await loading
    await service.close()


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """An answer that is only seen by the log."""
    return Response(status_code=CLIENT_GONE)


def _version() -> str:
    try:
        return version("intone")
    except PackageNotFoundError:
        return "0"
