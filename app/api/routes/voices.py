"""Routes that list voices, emotions and supported SSML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request

from app.api.openapi.errors import problem_responses
from app.api.schemas import answers
from app.api.state import service_of
from app.errors import NotReady, RouteNotFound, VoiceNotFound
from app.types import Emotion

if TYPE_CHECKING:
    from app.api.schemas import answers
    from app.text.ssml import SsmlElement
    from app.voices import Registry, Voice


def voices_to_dict(registry: Registry, aliases: Mapping[Emotion, Sequence[str]]) -> answers.Voices:
    """Return all voices and emotions, with their aliases."""
    return {
        "default": registry.default,
        "emotions": {emotion: list(aliases.get(emotion, ())) for emotion in Emotion},
        "aliases": registry.aliases,
        "voices": [voice_to_dict(voice) for voice in registry.voices.values()],
    }


def voice_to_dict(voice: Voice) -> answers.Voice:
    """Return a voice, with the checkpoint of each of its emotions."""
    manifest = voice.manifest
    return {
        "name": voice.name,
        "display_name": manifest.display_name or voice.name,
        "locale": manifest.locale,
        "gender": manifest.gender,
        "sample_rate": voice.sample_rate,
        "words_per_minute": manifest.words_per_minute,
        "license": manifest.license,
        "degree": manifest.degree,
        "emotions": {
            emotion: _checkpoint_to_dict(voice, emotion) for emotion in Emotion if emotion in manifest.emotions
        },
        "fallbacks": {e: _find_fallback(voice, e) for e in Emotion if e not in manifest.emotions},
    }


def _checkpoint_to_dict(voice: Voice, emotion: Emotion) -> answers.Checkpoint:
    checkpoint = voice.abilities.checkpoints[emotion]
    architecture = voice.manifest.checkpoints[checkpoint.name].architecture
    return {"checkpoint": checkpoint.name, "checkpoint_sha256": checkpoint.sha256, "architecture": architecture}


def _find_fallback(voice: Voice, emotion: Emotion) -> Emotion:
    """Return the emotion that replaces one that the voice lacks."""
    tried = voice.manifest.fallbacks.get(emotion, ())
    return next((other for other in tried if other in voice.manifest.emotions), Emotion.NEUTRAL)


router = APIRouter(tags=["voices"])

_FIRST_VOICE_LINK: dict[str, Any] = {
    "voice": {"operationId": "voice", "parameters": {"name": "$response.body#/voices/0/name"}}
}


@router.get(
    "/voices", summary="Every voice", responses={200: {"links": _FIRST_VOICE_LINK}, **problem_responses(NotReady)}
)
async def voices(request: Request) -> answers.Voices:
    """List voices with the checkpoint of each emotion, the aliases of emotions, and the aliases of voices."""
    registry = service_of(request).pipeline().registry
    # Loaded with the pipeline; importing it earlier would make the service wait for torch.
    from app.emotion import ALIASES

    return voices_to_dict(registry, ALIASES)


@router.get("/voices/{name}", summary="One voice", responses=problem_responses(NotReady, VoiceNotFound, RouteNotFound))
async def voice(name: Annotated[str, Path(examples=["alloy"])], request: Request) -> answers.Voice:
    """Return a voice by its name or an alias."""
    return voice_to_dict(service_of(request).pipeline().registry.get(name))


@router.get("/ssml", summary="Supported SSML")
async def ssml() -> answers.SsmlTable:
    """List every element with its attributes and its level of support, and the treatment of other elements."""
    from app.text import SSML_TABLE

    return {"elements": [_element_to_dict(row) for row in SSML_TABLE]}


def _element_to_dict(row: SsmlElement) -> answers.SsmlElement:
    attributes: list[answers.SsmlAttribute] = [
        {"name": one.name, "values": list(one.values), "note": one.note} for one in row.attributes
    ]
    return {"name": row.name, "support": row.support.value, "attributes": attributes, "note": row.note}
