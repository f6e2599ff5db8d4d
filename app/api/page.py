"""GET /: the web page. Its files are read once, at the start; a request only names one of them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.api.response_headers import page_headers
from app.errors import RouteNotFound

INDEX = "index.html"

_FOLDER = Path(__file__).with_name("page")
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
