"""Serve the web page and the API reference, with all files from the service itself."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.api.state import get_service
from app.audio.encode import FORMATS
from app.errors import RouteNotFound

INDEX = "index.html"

_FOLDER = Path(__file__).parents[2] / "web"
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def make_page_headers(script_src: str = "'self'") -> dict[str, str]:
    """Return the headers of a page: all content comes from the service itself, and no page may embed it."""
    policy = (
        f"default-src 'none'; script-src {script_src}; style-src 'self'; connect-src 'self'; media-src 'self' blob:; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    # On a reload, the browser revalidates the file and gets a 304 without a body if it is unchanged.
    return {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}


_HEADERS = {**make_page_headers(), "Vary": "Accept-Encoding"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PageFile:
    """File of the page, ready to be sent."""

    content: bytes
    zipped: bytes
    media_type: str
    etag: str
    """ETag of the content, compressed or not."""


def read_files() -> Mapping[str, PageFile]:
    """Return the files by name."""
    return {path.name: _read_file(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _MEDIA_TYPES}


def _read_file(path: Path) -> PageFile:
    content = path.read_bytes()
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PageFile(content, gzip.compress(content, mtime=0), _MEDIA_TYPES[path.suffix], etag)


_FILES = read_files()


@router.get("/")
async def index(request: Request) -> Response:
    """Return the page.

    Its links are relative, so its own path must end with a slash, which a bare path prefix lacks.
    """
    if not request.scope.get("raw_path", b"/").endswith(b"/"):
        return RedirectResponse(request.scope["root_path"].rpartition("/")[2] + "/")
    return _file_response(_FILES[INDEX], request)


@router.get("/page/service.json", response_model=None)
async def service(request: Request) -> dict[str, int | list[str]]:
    """Return what the page offers of this service: its formats, and the maximum characters of a request."""
    return {"formats": list(FORMATS), "max_chars": get_service(request).settings.max_chars}


@router.get("/page/{name}")
async def file(name: str, request: Request) -> Response:
    """Return one file of the page."""
    if name not in _FILES:
        raise RouteNotFound("The page has no such file.", hint="GET / is the page.")
    return _file_response(_FILES[name], request)


def _file_response(page_file: PageFile, request: Request) -> Response:
    """Return the file, or a 304 if the browser already has it."""
    headers = {**_HEADERS, "ETag": page_file.etag}
    if page_file.etag in map(str.strip, request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(page_file.content, headers=headers, media_type=page_file.media_type)
    return Response(page_file.zipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=page_file.media_type)


OPENAPI_PATH = "/openapi.json"
DOCS_FILES_PATH = "/static-offline-docs"
"""Path of the files of Swagger UI."""
DOCS_PACKAGE = ("fastapi_offline", "static")
"""Package that has them, and their folder in it."""

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@router.get(OPENAPI_PATH)
async def openapi(request: Request) -> JSONResponse:
    """Return the API reference."""
    app: FastAPI = request.app
    document = await run_in_threadpool(app.openapi)  # which builds it at the first call
    root = request.scope["root_path"]
    return JSONResponse({**document, "servers": [{"url": root}]} if root else document)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Return Swagger UI, which FastAPI starts with an inline script."""
    root = request.scope["root_path"]
    page = get_swagger_ui_html(
        openapi_url=f"{root}{OPENAPI_PATH}",
        title=f"{request.app.title}: API reference",
        swagger_js_url=f"{root}{DOCS_FILES_PATH}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{DOCS_FILES_PATH}/swagger-ui.css",
        swagger_favicon_url=f"{root}{DOCS_FILES_PATH}/favicon.png",
    )
    scripts = " ".join(_hash(script) for script in _INLINE_SCRIPT.findall(bytes(page.body).decode()))
    page.headers.update(make_page_headers(script_src=f"'self' {scripts}"))
    return page


def _hash(script: str) -> str:
    """Return the hash of an inline script as a source of the content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
