"""POST /analyze: what would be spoken, and how, without speaking it."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.body import until_gone
from app.api.docs.errors import BODY, TEXT, WORK, problems
from app.api.docs.speech import plan_answer, speech_body
from app.api.plan_json import plan_to_dict
from app.api.rate_limit import client_of
from app.api.reading import read_request
from app.api.service import limit_rate, service_of
from app.api.steps import Cancelled

router = APIRouter(tags=["speech"])


@router.post(
    "/analyze",
    dependencies=[Depends(limit_rate)],
    summary="The plan of a text",
    responses={**plan_answer(), **problems(*BODY, *WORK, *TEXT)},
    openapi_extra=speech_body(),
)
async def analyze(request: Request) -> Response:
    """Cuts the text into utterances, labels each with an emotion and says why. Takes the body of `POST /synthesize`;
    fields that only shape audio are checked and have no effect."""
    asked = await read_request(request, negotiated=False)

    def work(cancelled: Cancelled) -> Response:
        plan = asked.pipeline.analyze(asked.speech, cancelled)
        request.state.log["utterances"] = len(plan.utterances)
        return JSONResponse(plan_to_dict(plan))

    queue = service_of(request).analyzing(asked.characters)
    done = await queue.run(work, partial(until_gone, request), client_of(request))
    return done.result
