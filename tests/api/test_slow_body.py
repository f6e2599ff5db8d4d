"""Request bodies that arrive slowly."""

from __future__ import annotations

import asyncio
import json
import socket
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from app.api.parsing.body import BODY_TIMEOUT, read_body
from app.errors import BodyTooSlow
from app.main import create_app
from app.settings import load_settings
from tests.serving import serve_in_thread


def create_impatient_app() -> FastAPI:
    """Create the service with one more route, which waits only briefly for its body."""
    app = create_app(load_settings())

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(await read_body(request, seconds=0.3))

    return app


def test_an_incomplete_body_gets_408_and_closes_the_connection() -> None:
    with serve_in_thread(create_impatient_app()) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), 30) as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly a part")
            response = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ") and b"\r\nconnection: close" in head.lower()
    assert json.loads(body)["code"] == "body_too_slow"


@pytest.mark.anyio
async def test_a_body_sent_byte_by_byte_does_not_extend_the_timeout() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    with pytest.raises(BodyTooSlow, match=r"0\.05 seconds"):
        await read_body(request, seconds=0.05)


def test_the_body_timeout_is_neither_too_short_nor_too_long() -> None:
    assert 10 <= BODY_TIMEOUT <= 120
