"""Routes that Amazon SageMaker calls: GET /ping and POST /invocations."""

from __future__ import annotations

import re

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi.errors import SPEECH_ERRORS, describe_problems
from app.api.openapi.speech import describe_audio_response, describe_speech_body
from app.api.parsing.request import read_request
from app.api.responses.speech import speech_response
from app.api.state import get_service, limit_rate
from app.errors import NotReady

router = APIRouter(tags=["sagemaker"])

_ATTRIBUTES_HEADER = "X-Amzn-SageMaker-Custom-Attributes"
"""Header that SageMaker forwards in both directions, the only one that a caller can write or read."""
_VALID_ATTRIBUTES = re.compile(r"[\x20-\x7e]{1,1024}")
"""Values that SageMaker allows in the header; others are ignored."""


@router.get("/ping", summary="Can it speak?", responses=describe_problems(NotReady), response_class=Response)
@router.post(
    "/ping", summary="The same", responses=describe_problems(NotReady), response_class=Response, name="ping_post"
)
async def ping(request: Request) -> Response:
    """Report readiness like `GET /ready`, with an empty body."""
    get_service(request).check_ready()
    return Response()


@router.post(
    "/invocations",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text, behind a SageMaker endpoint",
    responses={**describe_audio_response(), **describe_problems(*SPEECH_ERRORS)},
    openapi_extra=describe_speech_body(),
    response_class=Response,
)
async def invocations(request: Request) -> Response:
    """Synthesize like `POST /synthesize`; return the header X-Amzn-SageMaker-Custom-Attributes as it was sent."""
    response = await speech_response(request, await read_request(request))
    if _VALID_ATTRIBUTES.fullmatch(attributes := request.headers.get(_ATTRIBUTES_HEADER, "")):
        response.headers[_ATTRIBUTES_HEADER] = attributes
    return response
