"""The answer to a checked request: audio whole or as it is made, alone or with its plan."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.account import account
from app.api.body import until_gone
from app.api.plan_json import plan_to_dict
from app.api.rate_limit import client_of
from app.api.readers import Patience
from app.api.reading import Asked
from app.api.room import Room
from app.api.service import service_of
from app.api.steps import Cancelled
from app.api.streaming import Encoding, Framing, StreamedAudio, as_audio
from app.audio.encode import FORMATS, AudioFormat, encode
from app.metrics import Spoken
from app.plan import PlanWarning, Speech, Timings, Utterance

_MOST_EMOTIONS = 64
"""Utterances named in a header, so that a book does not make a header that proxies refuse."""


async def answer(request: Request, asked: Asked, framing: Framing = as_audio) -> Response:
    """Speak; `framing` wraps the bytes of a stream."""
    if asked.answer.stream:
        return await _stream(request, asked, framing)
    return await _whole(request, asked)


async def _whole(request: Request, asked: Asked) -> Response:
    """The answer once everything is spoken."""
    format = FORMATS[asked.answer.format]
    room = Room(service_of(request).settings.max_answer_bytes, asked.answer)

    def work(cancelled: Cancelled) -> tuple[Speech, bytes | Response, float]:
        fitting = replace(asked.speech, check_room=room.check_seconds)
        speech = asked.pipeline.synthesize(fitting, cancelled, with_words=asked.answer.timing)
        began = time.perf_counter()
        data = encode(speech.samples, speech.sample_rate, format.name)
        body = _with_plan(data, speech, format) if asked.answer.timing else data
        room.check_bytes(len(body.body) if isinstance(body, Response) else len(body))
        return speech, body, (time.perf_counter() - began) * 1000

    done = await service_of(request).speaking.run(work, partial(until_gone, request))
    speech, body, encode_ms = done.result
    timings = replace(speech.timings, queue=speech.timings.queue + done.queued_ms, encode=encode_ms)
    plan = speech.plan
    warnings = [*asked.warnings, *plan.warnings]
    account(request, Spoken(plan.utterances, warnings, asked.characters, speech.duration, timings))
    response = body if isinstance(body, Response) else _audio(body, format, speech.sample_rate)
    response.headers["X-Audio-Duration"] = f"{speech.duration:.3f}"
    response.headers.update(_headers(plan.voice, plan.utterances, warnings, timings))
    return response


async def _stream(request: Request, asked: Asked, framing: Framing) -> Response:
    """The answer as soon as there is a piece of sound."""
    service, format = service_of(request), FORMATS[asked.answer.format]
    begun: list[Encoding] = []

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        rendering = asked.pipeline.render(asked.speech, cancelled)
        begun.append(Encoding(rendering, format.stream(rendering.cast.sample_rate)))
        yield from framing.frames(begun[0], asked.characters)

    client = client_of(request)
    service.streams.enter(client)
    try:
        done = await service.speaking.start(work, partial(until_gone, request))
    except BaseException:
        service.streams.leave(client)
        raise
    request.state.log["stream"] = True
    (encoding,) = begun
    rendering = encoding.rendering

    def timings() -> Timings:
        return replace(encoding.timings, queue=encoding.timings.queue + done.queued_ms)

    def ended() -> None:
        service.streams.leave(client)
        warnings = [*asked.warnings, *rendering.all_warnings]
        account(request, Spoken(rendering.spoken, warnings, asked.characters, rendering.seconds, timings()))

    cast, warnings = rendering.cast, [*asked.warnings, *rendering.all_warnings]
    headers = _headers(cast.voice.name, rendering.draft.utterances, warnings, timings())
    if framing.content_type is None:
        headers["Content-Disposition"] = _disposition(format)
    content_type = framing.content_type or format.content_type_at(cast.sample_rate)
    patience = Patience(service.settings.reader_patience, service.settings.reader_rate)
    return StreamedAudio(done.result, content_type, headers, patience, ended, framing.on_error)


def _with_plan(data: bytes, speech: Speech, format: AudioFormat) -> Response:
    """Made in the worker's thread: encoding an hour of sound takes a while."""
    return JSONResponse(
        {
            "audio": base64.b64encode(data).decode("ascii"),
            "format": format.name,
            "content_type": format.content_type_at(speech.sample_rate),
            "sample_rate": speech.sample_rate,
            "duration": round(speech.duration, 5),
            "plan": plan_to_dict(speech.plan),
        }
    )


def _audio(data: bytes, format: AudioFormat, sample_rate: int) -> Response:
    headers = {"Content-Disposition": _disposition(format)}
    return Response(data, media_type=format.content_type_at(sample_rate), headers=headers)


def _disposition(format: AudioFormat) -> str:
    return f'inline; filename="speech.{format.extension}"'


def _headers(
    voice: str, utterances: Sequence[Utterance], warnings: Sequence[PlanWarning], timings: Timings
) -> dict[str, str]:
    headers = {
        "X-Voice": voice,
        "X-Emotions": ",".join(utterance.emotion.value for utterance in utterances[:_MOST_EMOTIONS]),
        "Server-Timing": ", ".join(f"{f.name};dur={getattr(timings, f.name):.1f}" for f in fields(timings)),
    }
    # Each kind once, in the order of its first appearance.
    codes = dict.fromkeys(warning.code for warning in warnings)
    return {**headers, **({"X-Warnings": ",".join(codes)} if codes else {})}
