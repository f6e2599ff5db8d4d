"""A client that takes its time to send."""

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
from tests.serving import serving_here


def impatient_app() -> FastAPI:
    """The service, with one more route that waits for its body for a moment only."""
    app = create_app(load_settings())

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(await read_body(request, seconds=0.3))

    return app


def test_a_body_that_does_not_come_is_408_and_the_end_of_the_connection() -> None:
    with serving_here(impatient_app()) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), 30) as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly a part")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ") and b"\r\nconnection: close" in head.lower()
    assert json.loads(body)["code"] == "body_too_slow"


@pytest.mark.anyio
async def test_bytes_that_keep_dripping_win_no_time() -> None:
    async def drip() -> Message:
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, drip)
    with pytest.raises(BodyTooSlow, match=r"0\.05 seconds"):
        await read_body(request, seconds=0.05)


def test_a_body_has_time_and_not_for_ever() -> None:
    assert 10 <= BODY_TIMEOUT <= 120
