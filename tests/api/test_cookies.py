"""Cookies: the service ignores them."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.main import create_app
from app.settings import load_settings


async def echo(request: Request) -> Response:
    """Return what the framework reads from the headers."""
    return JSONResponse({"cookies": request.cookies, "accept": request.headers["accept"]})


@pytest.fixture
def app() -> FastAPI:
    app = create_app(load_settings())
    app.router.routes.append(Route("/echo", echo))
    return app


@pytest.mark.anyio
async def test_no_route_sees_a_cookie(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get("/echo", headers={"Cookie": "a=1", "Accept": "x/y"})
    assert response.json() == {"cookies": {}, "accept": "x/y"}
