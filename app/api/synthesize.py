"""POST and GET /synthesize: text, SSML or a plan in; audio out."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.api.answering import answer, answer_whole
from app.api.docs.errors import SPEECH, STREAM, TEXT, WHOLE, WORK, problems
from app.api.docs.speech import audio_answer, audio_in_parts, speech_body, speech_query
from app.api.ranges import ranged
from app.api.reading import read_get, read_request
from app.api.service import limit_rate
from app.api.whole import WholeAnswer
from app.errors import NotAcceptable, RangeNotSatisfiable

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
    """Speaks a text, SSML or an edited plan, each sentence with the emotion of its words."""
    return await answer(request, await read_request(request))


@router.get(
    "/synthesize",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text that stands in the address",
    responses={**audio_in_parts(), **problems(*TEXT, *WORK, *STREAM, *WHOLE, NotAcceptable, RangeNotSatisfiable)},
    openapi_extra=speech_query(),
    response_class=Response,
)
async def synthesize_get(request: Request) -> Response:
    """The same with query parameters, for `<audio src>`. The seed is 0 by default, so that the answer is always the
    same, and audio may be asked for in ranges."""
    asked = await read_get(request)
    # A part of JSON is no JSON.
    if asked.answer.stream or asked.answer.timing:
        return await answer(request, asked)
    return await _in_parts(request, await answer_whole(request, asked, tagged=True))


async def _in_parts(request: Request, whole: WholeAnswer) -> WholeAnswer:
    """The requested part; the ETag says whether parts that were requested one by one belong together."""
    spool, wanted = whole.spool, request.headers
    try:
        made = ranged(spool.size, whole.headers, wanted.get("range"), wanted.get("if-range"))
    except RangeNotSatisfiable:
        await run_in_threadpool(spool.close)
        raise
    return WholeAnswer(spool, spool.blocks(made.part.start, made.part.stop), made.headers, whole.patience, made.status)
