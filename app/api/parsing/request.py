"""Parse requests for speech, and check them in a fixed order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.api.clients import get_key_name
from app.api.parsing.body import (
    JSON,
    LARGE_BODY_BYTES,
    PLAIN_TEXT,
    SSML,
    MediaType,
    decode_body,
    parse_media_type,
    read_body,
    read_json,
    strip_bom,
    wait_for_disconnect,
)
from app.api.parsing.negotiation import ResponseFormat, check_format, check_rate, negotiate
from app.api.schemas.request import BOOLEAN_FIELDS, JSON_FIELDS, NUMBER_FIELDS, SpeechBody, TurnBody, check_fields
from app.api.state import get_service
from app.audio.encode import FORMATS
from app.errors import FieldError, IntoneError, InvalidRequest, quote_value
from app.planning.edited import PlanBody, UtteranceBody, convert_utterance
from app.text.headings import find_heading_spans, find_headings
from app.types import Blend, EditedUtterance, Emotion, PlanWarning, SpeechRequest, Turn

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline
    from app.voices import Registry


_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def read_query(query: bytes) -> dict[str, Any]:
    """Return the parameters of a query. Raise `InvalidRequest`, also if one occurs twice."""
    parameters: dict[str, Any] = {}
    for name, value in _parse_pairs(query):
        if name in parameters:
            raise _parameter_error("is given twice", name)
        if name in JSON_FIELDS:
            raise _parameter_error("comes as JSON, in the body of a POST", name)
        parameters[name] = _convert_value(name, value)
    return parameters


def refuse_content(parameters: dict[str, Any]) -> None:
    """Refuse parameters that duplicate the body: the text of a POST is its body."""
    for name in ("text", "ssml"):
        if name in parameters:
            raise _parameter_error("is the body here, not a parameter", name)


def refuse_query(query: bytes) -> None:
    """Refuse query parameters beside JSON, so that none is ignored silently."""
    names = list(dict.fromkeys(name for name, _ in _parse_pairs(query)))
    if names:
        fields = [FieldError.at("is a query parameter; with JSON it belongs into the body", name) for name in names]
        listed = ", ".join(quote_value(name) for name in names[:10])
        raise InvalidRequest(f"JSON takes no query parameters, but there is {listed}.", fields=fields)


def _parse_pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise InvalidRequest("The query cannot be read.", hint="Percent-encode parameters as UTF-8.") from None


def _parameter_error(detail: str, name: str) -> InvalidRequest:
    return InvalidRequest.from_fields([FieldError.at(detail, name)])


def _convert_value(name: str, value: str) -> Any:
    """Return the value with the type of its field; an invalid value stays a string, which validation refuses."""
    if name in NUMBER_FIELDS and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return _BOOLEANS.get(value, value) if name in BOOLEAN_FIELDS else value


T = TypeVar("T")

CONTENT_BY_MEDIA_TYPE = {PLAIN_TEXT: "text", SSML: "ssml"}
"""Field whose value is the whole body, by media type."""
GET_SEED = 0


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """Checked request."""

    pipeline: Pipeline
    speech: SpeechRequest
    answer: ResponseFormat
    etag: str
    """ETag of the response if it is deterministic."""
    negotiated: bool
    """Whether the header Accept affects the response format."""
    warnings: tuple[PlanWarning, ...] = ()
    """Warnings from parsing the request."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the response with which caches recognize it; only with a seed, it is the same each time."""
        return self.vary if self.speech.seed is None else {**self.vary, "ETag": self.etag}

    @property
    def vary(self) -> dict[str, str]:
        """Header that names the header of the request on which the response depends."""
        return {"Vary": "Accept"} if self.negotiated else {}

    @property
    def characters(self) -> int:
        """Number of characters received, markup included."""
        edited = self.speech.edited or ()
        return len(self.speech.text) + sum(len(one.sentence.text) for one in edited)


async def read_request(request: Request, *, negotiated: bool = True) -> ParsedRequest:
    """Read a POST request and raise the first error of media type, size, syntax, fields, voice, emotion and Accept.

    `negotiated` is whether the header Accept affects the response format.
    """
    get_service(request).get_pipeline()  # raises NotReady before the body is read
    media, query = parse_media_type(request), request.scope["query_string"]
    return await parse_body(
        request, lambda body: resolve_options(request, _parse_fields(body, media, query), negotiated=negotiated)
    )


async def read_fields(request: Request, read: Callable[[], dict[str, Any]]) -> ParsedRequest:
    """Read a request with the fields that a function returns; without a seed, its response is the same each time."""
    return await run_in_threadpool(
        lambda: resolve_options(request, check_fields({"seed": GET_SEED, **read()}), negotiated=True)
    )


async def parse_body(request: Request, parse: Callable[[bytes], T]) -> T:
    """Receive the body and parse it in a thread. Large bodies wait for each other; small ones never wait."""
    service = get_service(request)
    with service.large_bodies.place() as take_place:
        body = await read_body(request, take_place=take_place)
        if len(body) <= LARGE_BODY_BYTES:
            return await run_in_threadpool(parse, body)
        parsed = await service.parsing.run(lambda _: parse(body), partial(wait_for_disconnect, request))
        return parsed.result


def resolve_options(request: Request, fields: SpeechBody, *, negotiated: bool) -> ParsedRequest:
    """Convert checked fields to the pipeline's request; `negotiated` is whether the header Accept counts."""
    pipeline, accept = get_service(request).get_pipeline(), request.headers.get("accept", "") if negotiated else ""
    asked_format = check_format(fields.format)
    speech = _speech_request(fields, pipeline)
    answer = negotiate(asked_format, bool(fields.timing), fields.stream, accept)
    check_rate(fields.sample_rate, answer.format)
    format = FORMATS[answer.format]
    speech = replace(
        speech,
        key_name=get_key_name(request),
        rate_for=lambda own: fields.sample_rate or format.choose_sample_rate(own),
    )
    parsed = ParsedRequest(pipeline, speech, answer, make_etag(pipeline.identity, fields, answer), negotiated)
    request.state.log["characters"] = parsed.characters
    return parsed


def _parse_fields(body: bytes, media: MediaType, query: bytes) -> SpeechBody:
    if media.name == JSON:
        data = read_json(decode_body(body, media))
        refuse_query(query)
        return check_fields(data)
    text = decode_body(body, media)
    parameters = read_query(query)
    refuse_content(parameters)
    return check_fields({**parameters, CONTENT_BY_MEDIA_TYPE[media.name]: text})


def _speech_request(fields: SpeechBody, pipeline: Pipeline) -> SpeechRequest:
    registry, plan = pipeline.registry, fields.plan
    check_voices(fields.voices, registry)
    turns = _convert_turns(fields.turns or (), registry)
    text = TURN_SEPARATOR.join(one.text for one in fields.turns or ()) or strip_bom(fields.ssml or fields.text or "")
    if fields.text is not None or turns:
        pipeline.check_text(text)
    if plan is not None:
        # Before parsing the texts, which takes seconds for each 10,000 characters.
        pipeline.check_length(sum(len(one.text) for one in plan.utterances))
    given = fields.collect_given()
    if fields.pauses and fields.text:
        markdown = fields.input_format in (None, "auto", "markdown")
        spans = find_heading_spans(text, list(find_headings(text, markdown=markdown)))
        given["pauses"] = given["pauses"]._replace(headings=spans)
    return SpeechRequest(
        **given,
        text=text,
        voice=registry.get(plan.voice if plan else fields.voice).name,
        turns=turns,
        emotion=parse_emotion(fields.emotion),
        has_emotion=fields.emotion is not None,
        strict=bool(fields.strict),
        markup=fields.ssml is not None,
        edited=None
        if plan is None
        else tuple(_convert_utterance(place, one, plan, registry) for place, one in enumerate(plan.utterances)),
    )


TURN_SEPARATOR = "\n\n"
"""What stands between the texts of turns in the text to which their spans refer."""


def _convert_turns(turns: Sequence[TurnBody], registry: Registry) -> tuple[Turn, ...]:
    """Convert turns to the pipeline's type; an error points to the turn."""
    converted, start = [], 0
    for place, one in enumerate(turns):
        if one.voice is not None:
            with _point_to("turns", place, "voice"):
                registry.get(one.voice)
        emotion = parse_emotion(one.emotion, "turns", place, "emotion")
        converted.append(Turn(start, start + len(one.text), one.voice, emotion))
        start += len(one.text) + len(TURN_SEPARATOR)
    return tuple(converted)


def _convert_utterance(place: int, utterance: UtteranceBody, plan: PlanBody, registry: Registry) -> EditedUtterance:
    """Convert an utterance of a plan to the pipeline's type; an error points to the utterance."""
    with _point_to("plan", "utterances", place):
        voice = registry.get(utterance.voice)  # raises VoiceNotFound
        language = (voice if utterance.voice else registry.get(plan.voice)).language
        return convert_utterance(utterance, language)


def check_voices(voices: Mapping[str, str] | None, registry: Registry) -> None:
    """Raise `VoiceNotFound`, which points to the entry, if a voice of `voices` does not exist."""
    for name, voice in (voices or {}).items():
        with _point_to("voices", name):
            registry.get(voice)


def parse_emotion(value: str | dict[str, float] | None, *place: str | int) -> Emotion | Blend | None:
    """Return the emotion or blend of all sentences, or None to classify each; an error points to `place`."""
    from app.emotion import parse_emotion_spec  # the pipeline has imported it; nothing else must wait for it

    with _point_to(*(place or ("emotion",))):
        return None if value is None else parse_emotion_spec(value)


@contextmanager
def _point_to(*path: str | int) -> Iterator[None]:
    """Add a pointer to the field at a path to the typed errors that the block raises."""
    try:
        yield
    except IntoneError as error:
        error.fields = error.fields or (FieldError.at(error.detail, *path),)
        raise


def make_etag(identity: str, fields: SpeechBody, answer: ResponseFormat) -> str:
    """Return the strong ETag of the response to a request with a seed.

    `identity` is that of the pipeline. Requests that mean the same in other words, such as another case of a name, get
    another ETag.
    """
    content = repr((identity, fields, answer)).encode("utf-8", "surrogatepass")
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Return whether the client has the response already, by the header If-None-Match (RFC 9110, 13.1.2).

    The comparison is weak: proxies weaken the ETag of a response that they compress.
    """
    known = ",".join(request.headers.getlist("if-none-match")).split(",")
    return not {"*", etag}.isdisjoint(one.strip().removeprefix("W/") for one in known)
