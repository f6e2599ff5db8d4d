"""GET /ssml: which markup is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from app.api import answers

if TYPE_CHECKING:
    from app.text.ssml import SsmlElement

router = APIRouter(tags=["voices"])


@router.get("/ssml", summary="Supported SSML")
async def ssml() -> answers.SsmlTable:
    """Every element with its attributes, how far it is supported, and what is done with others."""
    from app.text import SSML_TABLE

    return {"elements": [_element(row) for row in SSML_TABLE]}


def _element(row: SsmlElement) -> answers.SsmlElement:
    attributes: list[answers.SsmlAttribute] = [
        {"name": one.name, "values": list(one.values), "note": one.note} for one in row.attributes
    ]
    return {"name": row.name, "support": row.support.value, "attributes": attributes, "note": row.note}
