"""What Amazon SageMaker calls: GET /ping and POST /invocations."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.answering import answer
from app.api.documentation import SPEECH_PROBLEMS, audio_answer, problems, speech_body
from app.api.reading import read_request
from app.api.service import service_of
from app.errors import NotReady

router = APIRouter(tags=["sagemaker"])


@router.get("/ping", summary="Can it speak?", responses=problems(NotReady))
@router.post("/ping", include_in_schema=False)
async def ping(request: Request) -> Response:
    """The same as `GET /ready`."""
    service_of(request).check_ready()
    return JSONResponse({"status": "ready"})


@router.post(
    "/invocations",
    summary="Speak a text, behind a SageMaker endpoint",
    responses={**audio_answer(), **SPEECH_PROBLEMS},
    openapi_extra=speech_body(),
    response_class=Response,
)
async def invocations(request: Request) -> Response:
    """The same as `POST /synthesize`."""
    return await answer(request, await read_request(request))
