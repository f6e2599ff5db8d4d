"""GET /ssml: which markup is understood."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

router = APIRouter(tags=["voices"])


@router.get("/ssml", summary="Supported SSML")
async def ssml() -> dict[str, Any]:
    """Every element with its attributes, how far it is supported, and what is done with others."""
    from app.text import SSML_TABLE

    return {"elements": [asdict(row) for row in SSML_TABLE]}
