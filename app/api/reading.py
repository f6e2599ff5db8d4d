"""From the bytes of a request to what the pipeline is asked for, checked in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.api.accept import Answer, check_format, choose
from app.api.body import JSON, MediaType, decode, media_type, read_body, without_bom
from app.api.schemas import SpeechBody, check_fields, read_query, refuse_query
from app.api.service import service_of
from app.api.strict_json import read_json

if TYPE_CHECKING:
    from app.pipeline import Pipeline, SpeechRequest
    from app.plan import Blend, Emotion

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request."""

    pipeline: Pipeline
    speech: SpeechRequest
    answer: Answer


async def read_request(request: Request) -> Asked:
    """Media type, size, syntax, fields, length, emptiness, voice, emotion, Accept: the first that is wrong is told."""
    pipeline = service_of(request).pipeline()
    media = media_type(request)
    body = await read_body(request)
    # In a thread, for a body of some megabytes takes a while to read.
    asked = await run_in_threadpool(_read, body, media, request, pipeline)
    request.state.log["characters"] = len(asked.speech.text)
    return asked


def _read(body: bytes, media: MediaType, request: Request, pipeline: Pipeline) -> Asked:
    fields = _fields(body, media, request.scope["query_string"])
    format = check_format(fields.format)
    text = without_bom(fields.text)
    pipeline.check_length(text)
    speech = _speech_request(fields, text, pipeline)
    accept = request.headers.get("accept", "")
    return Asked(pipeline, speech, choose(format, bool(fields.timing), bool(fields.stream), accept))


def _fields(body: bytes, media: MediaType, query: bytes) -> SpeechBody:
    if media.name == JSON:
        data = read_json(decode(body, None))
        refuse_query(query)
        return check_fields(data)
    text = decode(body, media.charset)
    return check_fields({**read_query(query), "text": text})


def _speech_request(fields: SpeechBody, text: str, pipeline: Pipeline) -> SpeechRequest:
    # Imported here: whoever has a pipeline has these modules, and nobody else must wait for them.
    from app.pipeline import SpeechRequest

    return SpeechRequest(
        text=text,
        voice=pipeline.registry.get(fields.voice).name,
        emotion=_emotion(fields.emotion),
        degree=1.0 if fields.degree is None else float(fields.degree),
        speed=1.0 if fields.speed is None else float(fields.speed),
        seed=fields.seed,
        strict=bool(fields.strict),
    )


def _emotion(asked: str | dict[str, float] | None) -> Emotion | Blend | None:
    """What pins all sentences; None labels each."""
    from app.emotion import parse_emotion

    if asked is None or (isinstance(asked, str) and asked.strip().lower() == AUTO):
        return None
    if isinstance(asked, str):
        return parse_emotion(asked)
    weights: dict[Emotion, float] = {}
    for name, weight in asked.items():
        emotion = parse_emotion(name)
        weights[emotion] = weights.get(emotion, 0.0) + weight
    total = sum(weights.values())
    return {emotion: weight / total for emotion, weight in weights.items()}
