"""POST and GET /synthesize: text, SSML or a plan in; audio out."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.api.answering import answer
from app.api.docs.errors import SPEECH, TEXT, WORK, problems
from app.api.docs.speech import audio_answer, audio_in_parts, speech_body, speech_query
from app.api.ranges import ranged
from app.api.reading import read_get, read_request
from app.api.service import limit_rate
from app.errors import AnswerTooLarge, NotAcceptable, RangeNotSatisfiable

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
    responses={**audio_in_parts(), **problems(*TEXT, *WORK, AnswerTooLarge, NotAcceptable, RangeNotSatisfiable)},
    openapi_extra=speech_query(),
    response_class=Response,
)
async def synthesize_get(request: Request) -> Response:
    """The same with query parameters, for `<audio src>`. The seed is 0 by default, so that the answer is always the
    same, and audio may be asked for in ranges."""
    asked = await read_get(request)
    response = await answer(request, asked)
    # A part of JSON is no JSON.
    return response if asked.answer.stream or asked.answer.timing else _in_parts(request, response)


def _in_parts(request: Request, whole: Response) -> Response:
    """The part that is asked for; the tag tells whether parts that were asked for one by one belong together."""
    body = bytes(whole.body)
    headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
    headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return ranged(body, headers, request.headers.get("range"), request.headers.get("if-range"))
