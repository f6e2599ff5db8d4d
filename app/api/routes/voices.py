"""Routes that list voices, emotions and supported SSML."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.api.openapi.errors import describe_json, describe_problems, list_errors
from app.api.openapi.speech import describe_audio_ranges
from app.api.parsing.request import is_known, read_fields
from app.api.responses.complete import select_range
from app.api.routes.synthesize import cacheable_response
from app.api.schemas import answers
from app.api.state import get_service, limit_rate
from app.errors import (
    NotAcceptable,
    NotReady,
    RangeNotSatisfiable,
    ReloadRefused,
    RouteNotFound,
    Unauthorized,
    VoiceNotFound,
)
from app.voices.manifest import SAMPLE_TYPES
from app.voices.serialize import ReloadJson, VoiceJson, VoicesJson, voice_to_dict, voices_to_dict

if TYPE_CHECKING:
    from app.text.ssml import SsmlElement
    from app.voices import Voice


router = APIRouter(tags=["voices"])
SAMPLE_TEXT = "My name is {name}. The letter came this morning, and I was so happy that I read it twice!"
"""Text of the sample of a voice that has no recording."""

_FIRST_VOICE_LINK: dict[str, Any] = {
    "voice": {"operationId": "voice", "parameters": {"name": "$response.body#/voices/0/name"}}
}


@router.get(
    "/voices",
    summary="Every voice",
    response_model=None,
    responses={**describe_json(VoicesJson, links=_FIRST_VOICE_LINK), **describe_problems(NotReady)},
)
async def voices(request: Request) -> VoicesJson:
    """List voices with the checkpoint of each emotion, the aliases of emotions, and the aliases of voices."""
    registry = get_service(request).get_pipeline().registry
    # Loaded with the pipeline; importing it earlier would make the service wait for torch.
    from app.emotion import ALIASES

    return voices_to_dict(registry, ALIASES)


@router.post(
    "/voices/reload",
    summary="Read the folders of the voices again",
    response_model=None,
    responses={**describe_json(ReloadJson), **describe_problems(NotReady, Unauthorized, ReloadRefused)},
)
async def reload(request: Request) -> ReloadJson:
    """Add voices whose folders are new, and drop those whose folders are gone; requests finish with the voices with
    which they began. Needs a configured key; the signal SIGHUP does the same."""
    service = get_service(request)
    if not service.settings.api_keys:
        raise ReloadRefused("This service has no API keys, so anyone could reload its voices.")
    return await service.reload_voices()


@router.get(
    "/voices/{name}",
    summary="One voice",
    response_model=None,
    responses={**describe_json(VoiceJson), **describe_problems(NotReady, VoiceNotFound, RouteNotFound)},
)
async def voice(
    name: Annotated[str, PathParameter(openapi_examples={"alias": {"value": "alloy"}})], request: Request
) -> VoiceJson:
    """Return a voice by its name or an alias."""
    return voice_to_dict(get_service(request).get_pipeline().registry.get(name))


@router.get(
    "/voices/{name}/sample",
    dependencies=[Depends(limit_rate)],
    summary="How a voice sounds",
    responses={
        **describe_audio_ranges(),
        **describe_problems(
            VoiceNotFound, *list_errors("work", "stream", "complete"), NotAcceptable, RangeNotSatisfiable
        ),
    },
    response_class=Response,
)
async def sample(
    name: Annotated[str, PathParameter(openapi_examples={"alias": {"value": "alloy"}})], request: Request
) -> Response:
    """Return the recording in the voice's folder as it is, else a fixed sentence, always with the same bytes, in the
    format that Accept names. Supports range requests."""
    found = get_service(request).get_pipeline().registry.get(name)
    if found.manifest.sample is not None:
        return await _recording_response(request, found, found.manifest.sample)
    text = SAMPLE_TEXT.format(name=found.manifest.display_name or found.name)
    parsed = await read_fields(request, lambda: {"text": text, "voice": found.name, "input_format": "text"})
    return await cacheable_response(request, parsed)


async def _recording_response(request: Request, found: Voice, sample: str) -> Response:
    wanted = request.headers

    def read() -> Response:
        path = found.find_file(sample)
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            etag = f'"{_hash_recording(path, state.st_size, state.st_mtime_ns)}"'
            headers = {"ETag": etag, "Content-Type": SAMPLE_TYPES[path.suffix.lower()]}
            if is_known(request, etag):
                return Response(status_code=304, headers=headers)
            selected = select_range(state.st_size, headers, wanted.get("range"), wanted.get("if-range"))
            file.seek(selected.part.start)
            return Response(file.read(selected.part.stop - selected.part.start), selected.status, selected.headers)

    try:
        return await run_in_threadpool(read)
    except OSError:
        raise VoiceNotFound(f"The sample of the voice {found.name} is not there any more.") from None


@functools.lru_cache(maxsize=64)
def _hash_recording(path: Path, size: int, modified: int) -> str:
    """Return the ETag of a recording; players request many parts of the same one."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


@router.get("/ssml", summary="Supported SSML", response_model=None, responses=describe_json(answers.SsmlTable))
async def ssml() -> answers.SsmlTable:
    """List every element with its attributes and its level of support, and the treatment of other elements."""
    from app.text import SSML_TABLE

    return {"elements": [_element_to_dict(row) for row in SSML_TABLE]}


def _element_to_dict(row: SsmlElement) -> answers.SsmlElementJson:
    attributes: list[answers.SsmlAttributeJson] = [
        {"name": one.name, "values": list(one.values), "note": one.note} for one in row.attributes
    ]
    return {"name": row.name, "support": row.support.value, "attributes": attributes, "note": row.note}
