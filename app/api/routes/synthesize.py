"""Routes that synthesize and analyze text."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.jobs import Cancelled
from app.api.middleware.rate_limit import client_of
from app.api.openapi.errors import BODY, SPEECH, STREAM, TEXT, WHOLE, WORK, problems
from app.api.openapi.speech import audio_answer, audio_in_parts, plan_answer, speech_body, speech_query
from app.api.parsing.body import until_gone
from app.api.parsing.request import read_get, read_request
from app.api.responses.complete import WholeAnswer, ranged
from app.api.responses.speech import complete_response, speech_response
from app.api.state import limit_rate, service_of
from app.errors import NotAcceptable, RangeNotSatisfiable
from app.planning.serialize import plan_to_dict

router = APIRouter(tags=["speech"])


@router.post(
    "/synthesize",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text",
    responses={**audio_answer(), **problems(*SPEECH)},
    openapi_extra=speech_body(),
    response_class=Response,
)
async def synthesize(request: Request) -> Response:
    """Synthesize a text, SSML or an edited plan, each sentence with the emotion of its words."""
    return await speech_response(request, await read_request(request))


@router.get(
    "/synthesize",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text that stands in the address",
    responses={**audio_in_parts(), **problems(*TEXT, *WORK, *STREAM, *WHOLE, NotAcceptable, RangeNotSatisfiable)},
    openapi_extra=speech_query(),
    response_class=Response,
)
async def synthesize_get(request: Request) -> Response:
    """Synthesize from query parameters, for `<audio src>`. The seed is 0 by default, so that the response is always the
    same, and audio supports range requests."""
    asked = await read_get(request)
    # Ranges need audio: a part of a JSON document is not JSON.
    if asked.answer.stream or asked.answer.timing:
        return await speech_response(request, asked)
    return await _in_parts(request, await complete_response(request, asked, tagged=True))


async def _in_parts(request: Request, whole: WholeAnswer) -> WholeAnswer:
    """Return the requested range; the ETag tells clients whether parts requested one by one belong together."""
    spool, wanted = whole.spool, request.headers
    try:
        made = ranged(spool.size, whole.headers, wanted.get("range"), wanted.get("if-range"))
    except RangeNotSatisfiable:
        await run_in_threadpool(spool.close)
        raise
    return WholeAnswer(spool, spool.blocks(made.part.start, made.part.stop), made.headers, whole.patience, made.status)


@router.post(
    "/analyze",
    dependencies=[Depends(limit_rate)],
    summary="The plan of a text",
    responses={**plan_answer(), **problems(*BODY, *WORK, *TEXT)},
    openapi_extra=speech_body(),
)
async def analyze(request: Request) -> Response:
    """Split the text into utterances, classify the emotion of each, and explain the choice. Takes the body of
    `POST /synthesize`; fields that only affect audio are checked and have no effect."""
    asked = await read_request(request, negotiated=False)

    def work(cancelled: Cancelled) -> Response:
        plan = asked.pipeline.analyze(asked.speech, cancelled)
        request.state.log["utterances"] = len(plan.utterances)
        return JSONResponse(plan_to_dict(plan))

    queue = service_of(request).analyzing(asked.characters)
    done = await queue.run(work, partial(until_gone, request), client_of(request))
    return done.result
