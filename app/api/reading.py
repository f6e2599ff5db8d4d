"""From the bytes of a request to what the pipeline is asked for, checked in a fixed order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.api.accept import Answer, check_format, check_rate, choose
from app.api.body import LARGE_BODY_BYTES, decode, read_body, until_gone, without_bom
from app.api.content_type import JSON, PLAIN, SSML, MediaType, media_type
from app.api.plan_body import UtteranceBody, edited
from app.api.query import read_query, refuse_content, refuse_query
from app.api.schemas import SpeechBody, check_fields
from app.api.security import key_name
from app.api.service import service_of
from app.api.strict_json import pointer, read_json
from app.audio.encode import FORMATS
from app.errors import FieldError, IntoneError, InvalidRequest

if TYPE_CHECKING:
    from app.pipeline import Pipeline
    from app.plan import Blend, Emotion, PlanWarning
    from app.request import EditedUtterance, SpeechRequest

T = TypeVar("T")

CONTENT_OF = {PLAIN: "text", SSML: "ssml"}
"""The field that the whole body stands for."""
GET_SEED = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request."""

    pipeline: Pipeline
    speech: SpeechRequest
    answer: Answer
    warnings: tuple[PlanWarning, ...] = ()
    """What reading the request had to say."""

    @property
    def characters(self) -> int:
        """Of what was sent, markup included."""
        edited = self.speech.edited or ()
        return len(self.speech.text) + sum(len(one.sentence.text) for one in edited)


async def read_request(request: Request, *, negotiated: bool = True) -> Asked:
    """Media type, size, syntax, fields, voice, emotion, Accept: the first that is wrong is told.

    `negotiated`: whether the header Accept has a say in the form of the answer.
    """
    pipeline = service_of(request).pipeline()
    media = media_type(request)
    query = request.scope["query_string"]
    accept, key = _accept(request) if negotiated else "", key_name(request)
    asked = await parse_body(request, lambda body: asked_for(_fields(body, media, query), pipeline, accept, key))
    return _logged(request, asked)


async def read_get(request: Request) -> Asked:
    """A request whose query says everything; without a seed its answer is still the same each time."""
    query, accept, key = request.scope["query_string"], _accept(request), key_name(request)
    pipeline = service_of(request).pipeline()

    def read() -> Asked:
        return asked_for(check_fields({"seed": GET_SEED, **read_query(query)}), pipeline, accept, key)

    return _logged(request, await run_in_threadpool(read))


async def parse_body(request: Request, parse: Callable[[bytes], T]) -> T:
    """Receive the body and parse it in a thread. Large bodies wait for each other there, small ones for nothing."""
    service = service_of(request)
    with service.large_bodies.place() as take_place:
        body = await read_body(request, take_place=take_place)
        if len(body) <= LARGE_BODY_BYTES:
            return await run_in_threadpool(parse, body)
        parsed = await service.parsing.run(lambda _: parse(body), partial(until_gone, request))
        return parsed.result


def _accept(request: Request) -> str:
    return request.headers.get("accept", "")


def _logged(request: Request, asked: Asked) -> Asked:
    request.state.log["characters"] = asked.characters
    return asked


def asked_for(fields: SpeechBody, pipeline: Pipeline, accept: str, key: str | None) -> Asked:
    """Checked fields as the pipeline takes them; `key` is the name of the caller's key."""
    asked_format = check_format(fields.format)
    speech = _speech_request(fields, pipeline)
    answer = choose(asked_format, bool(fields.timing), bool(fields.stream), accept)
    check_rate(fields.sample_rate, answer.format)
    format = FORMATS[answer.format]
    speech = replace(speech, key_name=key, rate_for=lambda own: fields.sample_rate or format.rate_at_least(own))
    return Asked(pipeline, speech, answer)


def _fields(body: bytes, media: MediaType, query: bytes) -> SpeechBody:
    if media.name == JSON:
        data = read_json(decode(body, None))
        refuse_query(query)
        return check_fields(data)
    text = decode(body, media.charset)
    parameters = read_query(query)
    refuse_content(parameters)
    return check_fields({**parameters, CONTENT_OF[media.name]: text})


def _speech_request(fields: SpeechBody, pipeline: Pipeline) -> SpeechRequest:
    # Imported here: whoever has a pipeline has these modules, and nobody else must wait for them.
    from app.plan import StrengthMode
    from app.request import SpeechRequest

    plan, text = fields.plan, without_bom(fields.ssml or fields.text or "")
    if fields.text is not None:
        pipeline.check_text(text)
    if plan is not None:
        # Before the texts are read, which takes seconds for each 10,000 characters.
        pipeline.check_length(sum(len(one.text) for one in plan.utterances))
    return SpeechRequest(
        text=text,
        voice=pipeline.registry.get(plan.voice if plan else fields.voice).name,
        emotion=_feeling(fields.emotion),
        degree=1.0 if fields.degree is None else float(fields.degree),
        strength=StrengthMode(fields.strength) if fields.strength else None,
        expressiveness=fields.expressiveness,
        context=_texts(fields.context),
        speed=1.0 if fields.speed is None else float(fields.speed),
        seed=fields.seed,
        strict=bool(fields.strict),
        markup=fields.ssml is not None,
        edited=tuple(_edited(place, one) for place, one in enumerate(plan.utterances)) if plan else None,
    )


def _texts(context: str | list[str] | None) -> tuple[str, ...]:
    """Return the texts of a context, in their order."""
    return (context,) if isinstance(context, str) else tuple(context or ())


def _edited(place: int, one: UtteranceBody) -> EditedUtterance:
    """Return an utterance of a plan as the pipeline takes it; an error names its place."""
    try:
        return edited(one)
    except IntoneError as error:
        error.fields = error.fields or (FieldError(error.detail, pointer("plan", "utterances", place)),)
        raise


def _feeling(asked: str | dict[str, float] | None) -> Emotion | Blend | None:
    """What pins all sentences; None labels each."""
    from app.emotion import parse_feeling

    try:
        return None if asked is None else parse_feeling(asked)
    except InvalidRequest as error:
        raise InvalidRequest(error.detail, hint=error.hint, fields=[FieldError(error.detail, "#/emotion")]) from None
