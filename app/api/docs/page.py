"""GET /docs: the API reference as a page, whose files come from the service itself."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.api.response_headers import page_headers

FILES = "/static-offline-docs"
"""Where fastapi-offline serves Swagger UI."""

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Swagger UI, which FastAPI starts by a script inside of the page."""
    root = request.scope["root_path"]
    page = get_swagger_ui_html(
        openapi_url=f"{root}{request.app.openapi_url}",
        title=f"{request.app.title}: API reference",
        swagger_js_url=f"{root}{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{FILES}/swagger-ui.css",
        swagger_favicon_url=f"{root}{FILES}/favicon.png",
    )
    scripts = " ".join(_hash(script) for script in _INLINE_SCRIPT.findall(bytes(page.body).decode()))
    page.headers.update(page_headers(script_src=f"'self' {scripts}"))
    return page


def _hash(script: str) -> str:
    """Name a script for the content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
