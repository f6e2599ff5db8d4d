"""Routes for OpenAI's clients, and the two lists that Open WebUI requests."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from app.api.middleware.auth import key_name
from app.api.openapi.errors import BODY, STREAM, TEXT, WHOLE, WORK, openai_problems
from app.api.openapi.speech import openai_answer, openai_body
from app.api.parsing.body import decode
from app.api.parsing.json import read_json
from app.api.parsing.negotiation import JSON, media_type
from app.api.parsing.request import ParsedRequest, parse_body, refuse_query, resolve_options
from app.api.responses.speech import speech_response
from app.api.responses.streaming import SSE, as_audio
from app.api.schemas import answers
from app.api.schemas.openai import MODELS, model_of, read_openai, remap_error_fields
from app.api.state import limit_rate, service_of
from app.errors import ModelNotFound, NotReady, UnsupportedMediaType

router = APIRouter(prefix="/v1", tags=["openai"])

_FIRST: dict[str, Any] = {"model": {"operationId": "model", "parameters": {"name": "$response.body#/data/0/id"}}}
_CREATED = 1763942400
"""Creation time of every model, required by clients, in seconds since 1970."""


@router.post(
    "/audio/speech",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text, as OpenAI's clients ask",
    responses={**openai_answer(), **openai_problems(*BODY, *WORK, *TEXT, *STREAM, *WHOLE, ModelNotFound)},
    openapi_extra=openai_body(),
    response_class=Response,
)
async def speech(request: Request) -> Response:
    """Synthesize a text, each sentence with the emotion of its words, unless `emotion` or `instructions` set it."""
    if media_type(request).name != JSON:
        raise UnsupportedMediaType("This address takes JSON alone.", hint=f"Send {JSON}.")
    query = request.scope["query_string"]

    def read(body: bytes) -> tuple[ParsedRequest, bool]:
        pipeline = service_of(request).pipeline()
        data = read_json(decode(body, None))
        refuse_query(query)
        fields, sse, warnings = read_openai(data)
        with remap_error_fields():
            plain = resolve_options(
                fields, pipeline, "", key_name(request)
            )  # Accept is ignored: these clients send application/octet-stream
        return ParsedRequest(pipeline, plain.speech, plain.answer, warnings), sse

    asked, sse = await parse_body(request, read)
    request.state.log["characters"] = asked.characters
    return await speech_response(request, asked, SSE if sse else as_audio)


@router.get("/models", summary="Models by OpenAI's names", responses={200: {"links": _FIRST}})
async def models() -> answers.Models:
    """List the names accepted as `model`; all are the same engine."""
    return {"object": "list", "data": [_model(name) for name in MODELS]}


@router.get("/models/{name:path}", summary="One model", responses=openai_problems(ModelNotFound))
async def model(name: Annotated[str, Path(examples=["tts-1"])]) -> answers.Model:
    """Return a model by its name."""
    return _model(model_of(name))


@router.get("/audio/models", summary="Models as Open WebUI lists them")
async def audio_models() -> answers.AudioModels:
    """List the names of models to choose from."""
    return {"models": [{"id": name, "name": name} for name in MODELS]}


@router.get("/audio/voices", summary="Voices as Open WebUI lists them", responses=openai_problems(NotReady))
async def audio_voices(request: Request) -> answers.AudioVoices:
    """List voices and their aliases, including OpenAI's own voice names."""
    registry = service_of(request).pipeline().registry
    names = {voice.name: voice.manifest.display_name or voice.name for voice in registry.voices.values()}
    aliases = {alias: alias for alias in registry.aliases if alias not in names}
    return {"voices": [{"id": name, "name": shown} for name, shown in {**names, **aliases}.items()]}


def _model(name: str) -> answers.Model:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "intone"}
