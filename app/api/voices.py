"""GET /voices: what can speak."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from app.api import answers
from app.api.docs.errors import problems
from app.api.service import service_of
from app.api.voice_json import voice_to_dict, voices_to_dict
from app.errors import NotReady, RouteNotFound, VoiceNotFound

router = APIRouter(tags=["voices"])

_FIRST: dict[str, Any] = {"voice": {"operationId": "voice", "parameters": {"name": "$response.body#/voices/0/name"}}}


@router.get("/voices", summary="Every voice", responses={200: {"links": _FIRST}, **problems(NotReady)})
async def voices(request: Request) -> answers.Voices:
    """The voices with the checkpoint of each emotion, the emotions with their aliases, the voices' further names."""
    registry = service_of(request).pipeline().registry
    # Loaded with the pipeline; importing it any earlier would make the service wait for torch.
    from app.emotion import ALIASES

    return voices_to_dict(registry, ALIASES)


@router.get("/voices/{name}", summary="One voice", responses=problems(NotReady, VoiceNotFound, RouteNotFound))
async def voice(name: Annotated[str, Path(examples=["alloy"])], request: Request) -> answers.Voice:
    """One voice by its name or an alias."""
    return voice_to_dict(service_of(request).pipeline().registry.get(name))
