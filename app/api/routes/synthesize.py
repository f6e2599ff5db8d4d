"""Routes that synthesize and analyze text."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.clients import identify_client
from app.api.jobs import IsCancelled
from app.api.openapi.errors import SPEECH_ERRORS, describe_problems, list_errors
from app.api.openapi.speech import (
    describe_audio_ranges,
    describe_audio_response,
    describe_plan_response,
    describe_speech_body,
    describe_speech_query,
)
from app.api.parsing.body import wait_for_disconnect
from app.api.parsing.request import ParsedRequest, is_known, read_fields, read_query, read_request
from app.api.responses.complete import CompleteResponse, select_range
from app.api.responses.speech import complete_response, speech_response
from app.api.state import get_service, limit_rate
from app.errors import NotAcceptable, RangeNotSatisfiable
from app.planning.serialize import plan_to_dict

router = APIRouter(tags=["speech"])


@router.post(
    "/synthesize",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text",
    responses={**describe_audio_response(), **describe_problems(*SPEECH_ERRORS)},
    openapi_extra=describe_speech_body(),
    response_class=Response,
)
async def synthesize(request: Request) -> Response:
    """Synthesize a text, SSML or an edited plan, each sentence with the emotion of its words."""
    return await speech_response(request, await read_request(request))


@router.get(
    "/synthesize",
    dependencies=[Depends(limit_rate)],
    summary="Speak the text in the URL",
    responses={
        **describe_audio_ranges(),
        **describe_problems(*list_errors("text", "work", "stream", "complete"), NotAcceptable, RangeNotSatisfiable),
    },
    openapi_extra=describe_speech_query(),
    response_class=Response,
)
async def synthesize_get(request: Request) -> Response:
    """Synthesize from query parameters, for `<audio src>`. The seed is 0 by default, so that the response is always the
    same, audio supports range requests, and a response that the client has already is not made again."""
    parsed = await read_fields(request, partial(read_query, request.scope["query_string"]))
    return await cacheable_response(request, parsed)


async def cacheable_response(request: Request, parsed: ParsedRequest) -> Response:
    """Return speech that is the same each time: a 304 if the client has it already, or the requested range of audio."""
    if is_known(request, parsed.etag):
        return Response(status_code=304, headers=parsed.headers)
    # A part of a JSON document is not JSON.
    if parsed.answer.stream or parsed.answer.timing:
        return await speech_response(request, parsed)
    return await _range_response(request, await complete_response(request, parsed))


async def _range_response(request: Request, whole: CompleteResponse) -> CompleteResponse:
    """Return the requested range; the ETag tells clients whether parts requested one by one belong together."""
    spool, wanted = whole.spool, request.headers
    try:
        selected = select_range(spool.size, whole.headers, wanted.get("range"), wanted.get("if-range"))
    except RangeNotSatisfiable:
        await run_in_threadpool(spool.close)
        raise
    return CompleteResponse(
        spool, spool.blocks(selected.part.start, selected.part.stop), selected.headers, whole.patience, selected.status
    )


@router.post(
    "/analyze",
    dependencies=[Depends(limit_rate)],
    summary="The plan of a text",
    responses={**describe_plan_response(), **describe_problems(*list_errors("body", "work", "text"))},
    openapi_extra=describe_speech_body(),
)
async def analyze(request: Request) -> Response:
    """Split the text into utterances, classify the emotion of each, and explain the choice. Takes the body of
    `POST /synthesize`; fields that only affect audio are checked and have no effect."""
    parsed = await read_request(request, negotiated=False)

    def work(cancelled: IsCancelled) -> Response:
        plan = parsed.pipeline.analyze(parsed.speech, cancelled)
        request.state.log["utterances"] = len(plan.utterances)
        return JSONResponse(plan_to_dict(plan), headers={"ETag": parsed.etag})

    queue = get_service(request).get_analysis_queue(parsed.characters)
    job = await queue.run(work, partial(wait_for_disconnect, request), identify_client(request))
    return job.result
