"""GET /docs: the API reference as a page, whose files come from the service itself."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.api.middleware.compat import page_headers
from app.errors import RouteNotFound

INDEX = "index.html"

_FOLDER = Path(__file__).parents[2] / "web"
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_HEADERS = {**page_headers(), "Vary": "Accept-Encoding"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page, as it is sent."""

    content: bytes
    zipped: bytes
    media_type: str
    etag: str
    """Of the content, zipped or not."""


def read_files() -> Mapping[str, PageFile]:
    """The files by their names."""
    return {path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _MEDIA_TYPES}


def _read(path: Path) -> PageFile:
    content = path.read_bytes()
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PageFile(content, gzip.compress(content, mtime=0), _MEDIA_TYPES[path.suffix], etag)


_FILES = read_files()


@router.get("/")
async def index(request: Request) -> Response:
    """The page, whose addresses are relative: its own must end with a slash, which a path prefix alone does not."""
    if not request.scope.get("raw_path", b"/").endswith(b"/"):
        return RedirectResponse(request.scope["root_path"].rpartition("/")[2] + "/")
    return _answer(_FILES[INDEX], request)


@router.get("/page/{name}")
async def file(name: str, request: Request) -> Response:
    """One file of the page."""
    if name not in _FILES:
        raise RouteNotFound("The page has no such file.", hint="GET / is the page.")
    return _answer(_FILES[name], request)


def _answer(page_file: PageFile, request: Request) -> Response:
    """The file, or that the browser still has it."""
    headers = {**_HEADERS, "ETag": page_file.etag}
    if page_file.etag in map(str.strip, request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(page_file.content, headers=headers, media_type=page_file.media_type)
    return Response(page_file.zipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=page_file.media_type)


FILES = "/static-offline-docs"
"""Where fastapi-offline serves Swagger UI."""

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


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
