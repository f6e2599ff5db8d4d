"""POST /synthesize: text in, audio out."""

from __future__ import annotations

import base64
import time
from collections import Counter
from dataclasses import fields, replace
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.body import until_gone
from app.api.documentation import SPEECH_PROBLEMS, audio_answer, speech_body
from app.api.plan_json import plan_to_dict
from app.api.reading import read_request
from app.api.service import service_of
from app.api.work import Cancelled
from app.audio.encode import FORMATS, AudioFormat, encode
from app.plan import Plan, Speech, Timings

router = APIRouter(tags=["speech"])

_MOST_EMOTIONS = 64
"""Utterances named in a header, so that a book does not make a header that proxies refuse."""


@router.post(
    "/synthesize",
    summary="Speak a text",
    responses={**audio_answer(), **SPEECH_PROBLEMS},
    openapi_extra=speech_body(),
    response_class=Response,
)
async def synthesize(request: Request) -> Response:
    """Speaks a text, each sentence with the emotion of its words."""
    asked = await read_request(request)

    def work(cancelled: Cancelled) -> tuple[Speech, bytes | Response, float]:
        speech = asked.pipeline.synthesize(asked.speech, cancelled=cancelled)
        began = time.perf_counter()
        data = encode(speech.samples, speech.sample_rate, asked.answer.format)
        body = _with_plan(data, speech, FORMATS[asked.answer.format]) if asked.answer.timing else data
        return speech, body, (time.perf_counter() - began) * 1000

    done = await service_of(request).speaking.run(work, partial(until_gone, request))
    speech, body, encode_ms = done.result
    timings = replace(speech.timings, queue=done.queued_ms, encode=encode_ms)
    request.state.log.update(_facts(speech))
    response = body if isinstance(body, Response) else _audio(body, FORMATS[asked.answer.format])
    response.headers.update(_headers(speech, timings))
    return response


def _with_plan(data: bytes, speech: Speech, format: AudioFormat) -> Response:
    """Made in the worker's thread: encoding an hour of sound takes a while."""
    return JSONResponse(
        {
            "audio": base64.b64encode(data).decode("ascii"),
            "format": format.name,
            "content_type": format.content_type,
            "sample_rate": speech.sample_rate,
            "duration": round(speech.duration, 5),
            "plan": plan_to_dict(speech.plan),
        }
    )


def _audio(data: bytes, format: AudioFormat) -> Response:
    disposition = f'inline; filename="speech.{format.extension}"'
    return Response(data, media_type=format.content_type, headers={"Content-Disposition": disposition})


def _headers(speech: Speech, timings: Timings) -> dict[str, str]:
    emotions = [utterance.emotion.value for utterance in speech.plan.utterances[:_MOST_EMOTIONS]]
    headers = {
        "X-Audio-Duration": f"{speech.duration:.3f}",
        "X-Voice": speech.plan.voice,
        "X-Emotions": ",".join(emotions),
        "Server-Timing": ", ".join(f"{f.name};dur={getattr(timings, f.name):.1f}" for f in fields(timings)),
    }
    return {**headers, **({"X-Warnings": ",".join(_codes(speech.plan))} if speech.plan.warnings else {})}


def _codes(plan: Plan) -> list[str]:
    """Each kind of warning once, in the order of its first appearance."""
    return list(dict.fromkeys(warning.code for warning in plan.warnings))


def _facts(speech: Speech) -> dict[str, object]:
    """What the log may know: numbers, never the text."""
    return {
        "utterances": len(speech.plan.utterances),
        "audio_seconds": round(speech.duration, 3),
        "emotions": dict(Counter(utterance.emotion.value for utterance in speech.plan.utterances)),
    }
