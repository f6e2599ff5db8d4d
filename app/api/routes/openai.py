"""Routes for OpenAI's clients, and the two lists that Open WebUI requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi.errors import describe_json, describe_openai_errors, list_errors
from app.api.openapi.speech import describe_openai_body, describe_openai_response
from app.api.parsing.body import JSON, decode_body, parse_media_type, read_json
from app.api.parsing.request import ParsedRequest, parse_body, refuse_query, resolve_options
from app.api.responses.speech import speech_response
from app.api.schemas import answers
from app.api.schemas.openai import MODELS, check_model, read_openai, remap_error_fields
from app.api.state import get_service, limit_rate
from app.errors import ModelNotFound, NotReady, UnsupportedMediaType

router = APIRouter(prefix="/v1", tags=["openai"])

_FIRST_MODEL_LINK: dict[str, Any] = {
    "model": {"operationId": "model", "parameters": {"name": "$response.body#/data/0/id"}}
}
_CREATED_AT = 1763942400
"""Creation time of every model, required by clients, in seconds since 1970."""


@router.post(
    "/audio/speech",
    dependencies=[Depends(limit_rate)],
    summary="Speak a text, as OpenAI's clients ask",
    responses={
        **describe_openai_response(),
        **describe_openai_errors(*list_errors("body", "work", "text", "stream", "complete"), ModelNotFound),
    },
    openapi_extra=describe_openai_body(),
    response_class=Response,
)
async def speech(request: Request) -> Response:
    """Synthesize a text, each sentence with the emotion of its words, unless `emotion` or `instructions` set it."""
    media = parse_media_type(request)
    if media.name != JSON:
        raise UnsupportedMediaType("This address takes JSON alone.", hint=f"Send {JSON}.")
    query = request.scope["query_string"]

    def read(body: bytes) -> ParsedRequest:
        data = read_json(decode_body(body, media))
        refuse_query(query)
        fields, sse, warnings = read_openai(data)
        with remap_error_fields():
            # Accept is ignored: these clients send application/octet-stream.
            plain = resolve_options(request, fields, negotiated=False)
        return replace(plain, warnings=warnings, answer=replace(plain.answer, timing=sse, sse=sse))

    return await speech_response(request, await parse_body(request, read))


@router.get(
    "/models",
    summary="Models by OpenAI's names",
    response_model=None,
    responses=describe_json(answers.Models, links=_FIRST_MODEL_LINK),
)
async def models() -> answers.Models:
    """List the names accepted as `model`; all are the same engine."""
    return {"object": "list", "data": [_model_to_dict(name) for name in MODELS]}


@router.get(
    "/models/{name:path}",
    summary="One model",
    response_model=None,
    responses={**describe_json(answers.Model), **describe_openai_errors(ModelNotFound)},
)
async def model(name: Annotated[str, Path(openapi_examples={"model": {"value": "tts-1"}})]) -> answers.Model:
    """Return a model by its name."""
    return _model_to_dict(check_model(name))


@router.get(
    "/audio/models",
    summary="Models as Open WebUI lists them",
    response_model=None,
    responses=describe_json(answers.AudioModels),
)
async def audio_models() -> answers.AudioModels:
    """List the names of models to choose from."""
    return {"models": [{"id": name, "name": name} for name in MODELS]}


@router.get(
    "/audio/voices",
    summary="Voices as Open WebUI lists them",
    response_model=None,
    responses={**describe_json(answers.AudioVoices), **describe_openai_errors(NotReady)},
)
async def audio_voices(request: Request) -> answers.AudioVoices:
    """List voices and their aliases, including OpenAI's own voice names."""
    registry = get_service(request).get_pipeline().registry
    names = {voice.name: voice.manifest.display_name or voice.name for voice in registry.voices.values()}
    aliases = {alias: alias for alias in registry.aliases if alias not in names}
    return {"voices": [{"id": name, "name": shown} for name, shown in {**names, **aliases}.items()]}


def _model_to_dict(name: str) -> answers.Model:
    return {"id": name, "object": "model", "created": _CREATED_AT, "owned_by": "intone"}
