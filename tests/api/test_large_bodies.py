"""Large bodies: few are in memory and fewer are parsed at a time, and small ones never wait for them."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from app.api.parsing.body import LARGE_BODY_BYTES, MAX_BODY_BYTES, LargeBodyLimit, read_body
from app.api.parsing.request import parse_body
from app.api.state import PARSING_WORKERS
from app.errors import Busy
from app.main import create_app
from app.settings import load_settings

LARGE = b"x" * (LARGE_BODY_BYTES + 1)


class Parsing:
    """Parses large bodies for as long as a test likes."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Event()
        self.most = self._now = 0
        self._lock = threading.Lock()

    def parse(self, body: bytes) -> bytes:
        if len(body) <= LARGE_BODY_BYTES:
            return body
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.begun.release()
        self.may_end.wait(60)
        with self._lock:
            self._now -= 1
        return b"large"

    async def wait(self, count: int) -> None:
        for _ in range(count):
            assert await asyncio.to_thread(self.begun.acquire, timeout=60)


@pytest.fixture
def parsing() -> Parsing:
    return Parsing()


@pytest.fixture
def app(parsing: Parsing) -> FastAPI:
    """The service, with one more route."""
    app = create_app(load_settings())

    @app.post("/parse")
    async def parse(request: Request) -> Response:
        return Response(await parse_body(request, parsing.parse))

    return app


@pytest.mark.anyio
async def test_two_are_parsed_at_a_time_and_small_ones_pass_them(app: FastAPI, parsing: Parsing) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        large = [asyncio.create_task(client.post("/parse", content=LARGE)) for _ in range(5)]
        await parsing.wait(PARSING_WORKERS)
        assert (await client.post("/parse", content=b"small")).content == b"small"
        assert not any(one.done() for one in large)
        parsing.may_end.set()
        assert [(await one).content for one in large] == [b"large"] * 5
    assert parsing.most == PARSING_WORKERS


@pytest.mark.anyio
async def test_one_more_than_have_a_place_is_busy_and_small_ones_are_not(app: FastAPI, parsing: Parsing) -> None:
    app.state.service.large_bodies = LargeBodyLimit(most=1)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        first = asyncio.create_task(client.post("/parse", content=LARGE))
        await parsing.wait(1)
        refused = await client.post("/parse", content=LARGE)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy") and refused.headers["retry-after"]
        assert (await client.post("/parse", content=b"small")).content == b"small"
        parsing.may_end.set()
        assert (await first).content == b"large"
        assert (await client.post("/parse", content=LARGE)).content == b"large"


def test_a_place_is_taken_once_and_given_back_whatever_happens() -> None:
    bodies = LargeBodyLimit(most=1)
    with pytest.raises(ZeroDivisionError), bodies.place() as take:
        take()
        take()
        with pytest.raises(Busy), bodies.place() as another:
            another()
        raise ZeroDivisionError
    with bodies.place() as take:
        take()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("size", "taken"), [(LARGE_BODY_BYTES, False), (LARGE_BODY_BYTES + 1, True), (MAX_BODY_BYTES, True)]
)
async def test_a_body_takes_a_place_when_it_becomes_large(size: int, taken: bool) -> None:
    places: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    assert len(await read_body(request, take_place=lambda: places.append(1))) == size
    assert bool(places) == taken
