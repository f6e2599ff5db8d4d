"""GET /voices: what can speak."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from app.api.documentation import problems
from app.api.service import service_of
from app.api.voice_json import voice_to_dict, voices_to_dict
from app.errors import NotReady, VoiceNotFound

router = APIRouter(tags=["voices"])


@router.get("/voices", summary="Every voice", responses=problems(NotReady))
async def voices(request: Request) -> dict[str, Any]:
    """The voices with the checkpoint of each emotion, the emotions with their aliases, the voices' further names."""
    registry = service_of(request).pipeline().registry
    # Loaded with the pipeline; importing it any earlier would make the service wait for torch.
    from app.emotion import ALIASES

    return voices_to_dict(registry, ALIASES)


@router.get("/voices/{name}", summary="One voice", responses=problems(NotReady, VoiceNotFound))
async def voice(name: str, request: Request) -> dict[str, Any]:
    """One voice by its name or an alias."""
    return voice_to_dict(service_of(request).pipeline().registry.get(name))
