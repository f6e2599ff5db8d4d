"""Routes that list voices, emotions and supported SSML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from app.api.openapi.errors import describe_problems
from app.api.schemas import answers
from app.api.state import get_service
from app.errors import NotReady, RouteNotFound, VoiceNotFound
from app.voices.serialize import VoiceJson, VoicesJson, voice_to_dict, voices_to_dict

if TYPE_CHECKING:
    from app.text.ssml import SsmlElement


router = APIRouter(tags=["voices"])

_FIRST_VOICE_LINK: dict[str, Any] = {
    "voice": {"operationId": "voice", "parameters": {"name": "$response.body#/voices/0/name"}}
}


@router.get(
    "/voices", summary="Every voice", responses={200: {"links": _FIRST_VOICE_LINK}, **describe_problems(NotReady)}
)
async def voices(request: Request) -> VoicesJson:
    """List voices with the checkpoint of each emotion, the aliases of emotions, and the aliases of voices."""
    registry = get_service(request).get_pipeline().registry
    # Loaded with the pipeline; importing it earlier would make the service wait for torch.
    from app.emotion import ALIASES

    return voices_to_dict(registry, ALIASES)


@router.get("/voices/{name}", summary="One voice", responses=describe_problems(NotReady, VoiceNotFound, RouteNotFound))
async def voice(
    name: Annotated[str, Path(openapi_examples={"alias": {"value": "alloy"}})], request: Request
) -> VoiceJson:
    """Return a voice by its name or an alias."""
    return voice_to_dict(get_service(request).get_pipeline().registry.get(name))


@router.get("/ssml", summary="Supported SSML")
async def ssml() -> answers.SsmlTable:
    """List every element with its attributes and its level of support, and the treatment of other elements."""
    from app.text import SSML_TABLE

    return {"elements": [_element_to_dict(row) for row in SSML_TABLE]}


def _element_to_dict(row: SsmlElement) -> answers.SsmlElementJson:
    attributes: list[answers.SsmlAttributeJson] = [
        {"name": one.name, "values": list(one.values), "note": one.note} for one in row.attributes
    ]
    return {"name": row.name, "support": row.support.value, "attributes": attributes, "note": row.note}
