"""Route that reads the document of an author."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request

from app.api.clients import identify_client
from app.api.jobs import IsCancelled
from app.api.openapi.errors import describe_json, describe_problems, list_errors
from app.api.parsing.body import read_body, wait_for_disconnect
from app.api.schemas.answers import DocumentJson
from app.api.state import get_service, limit_rate
from app.errors import UnreadableDocument
from app.images import name_image_type
from app.planning.serialize import warnings_to_list

router = APIRouter(tags=["documents"])

MAX_DOCUMENT_BYTES = 32 * 1024 * 1024
"""Maximum size of a document, whose images are a part of it; a novel with a cover has under one megabyte."""
_MAX_NAME_CHARS = 1000
_EXAMPLE = "The parcel came at nine."
_BINARY = {"schema": {"type": "string", "format": "binary"}, "example": _EXAMPLE}
_BODY: dict[str, Any] = {
    "parameters": [
        {
            "name": "name",
            "in": "query",
            "required": False,
            "description": "Name of the file, such as `book.md`; its ending distinguishes kinds of text, as the "
            "Content-Type does without a name. Other kinds are recognized by their bytes.",
            "schema": {"type": "string"},
        }
    ],
    "requestBody": {
        "required": True,
        "description": "EPUB, DOCX, PDF with text, HTML, Markdown, CSV, a screenplay, or plain text.",
        "content": {"text/markdown": _BINARY, "application/octet-stream": _BINARY},
    },
}


@router.post(
    "/documents",
    dependencies=[Depends(limit_rate)],
    summary="The chapters of a document",
    response_model=None,
    responses={**describe_json(DocumentJson), **describe_problems(*list_errors("body", "work"), UnreadableDocument)},
    openapi_extra=_BODY,
)
async def documents(request: Request) -> DocumentJson:
    """Read the document in the body: its title, author and language, and its chapters without footnotes, page numbers
    and contents. Nothing is stored."""
    service = get_service(request)
    name = request.query_params.get("name", "")[:_MAX_NAME_CHARS]
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    with service.document_bodies.place() as take_place:
        take_place()
        body = await read_body(request, limit=MAX_DOCUMENT_BYTES)
        wait = partial(wait_for_disconnect, request)
        read = partial(_read, body, name, media_type)
        job = await service.documents.run(read, wait, identify_client(request))
    service.metrics.observe_warnings(one["code"] for one in job.result["warnings"])
    return job.result


def _read(body: bytes, name: str, media_type: str, cancelled: IsCancelled) -> DocumentJson:
    from app.documents.read import read_document  # few requests need it
    from app.synthesis.job import raise_if_cancelled

    document = read_document(body, name, media_type, partial(raise_if_cancelled, cancelled))
    return {
        "title": document.title,
        "author": document.author,
        "language": document.language,
        "cover": _make_data_url(document.cover) if document.cover else None,
        "chapters": [{"title": one.title, "text": one.text, "format": one.format.value} for one in document.chapters],
        "warnings": warnings_to_list(document.warnings),
    }


def _make_data_url(picture: bytes) -> str:
    """Return a JPEG or PNG as a URL (RFC 2397)."""
    return f"data:{name_image_type(picture)};base64,{base64.b64encode(picture).decode()}"
