"""Large bodies: limits on how many are in memory and parsed at a time, while small ones never wait for them."""

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


class BlockingParser:
    """A parser that holds large bodies until a test releases them, and counts how many it holds."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.release = threading.Event()
        self.max_active = self._active = 0
        self._lock = threading.Lock()

    def parse(self, body: bytes) -> bytes:
        if len(body) <= LARGE_BODY_BYTES:
            return body
        with self._lock:
            self._active += 1
            self.max_active = max(self.max_active, self._active)
        self.started.release()
        self.release.wait(60)
        with self._lock:
            self._active -= 1
        return b"large"

    async def wait_until_started(self, count: int) -> None:
        for _ in range(count):
            assert await asyncio.to_thread(self.started.acquire, timeout=60)


@pytest.fixture
def parser() -> BlockingParser:
    return BlockingParser()


@pytest.fixture
def app(parser: BlockingParser) -> FastAPI:
    """Return the service with one more route, which parses its body."""
    app = create_app(load_settings())

    @app.post("/parse")
    async def parse(request: Request) -> Response:
        return Response(await parse_body(request, parser.parse))

    return app


@pytest.mark.anyio
async def test_two_large_bodies_are_parsed_at_a_time_and_small_ones_do_not_wait(
    app: FastAPI, parser: BlockingParser
) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        large = [asyncio.create_task(client.post("/parse", content=LARGE)) for _ in range(5)]
        await parser.wait_until_started(PARSING_WORKERS)
        assert (await client.post("/parse", content=b"small")).content == b"small"
        assert not any(one.done() for one in large)
        parser.release.set()
        assert [(await one).content for one in large] == [b"large"] * 5
    assert parser.max_active == PARSING_WORKERS


@pytest.mark.anyio
async def test_a_large_body_over_the_limit_is_refused_as_busy_and_a_small_one_is_not(
    app: FastAPI, parser: BlockingParser
) -> None:
    app.state.service.large_bodies = LargeBodyLimit(most=1)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        first = asyncio.create_task(client.post("/parse", content=LARGE))
        await parser.wait_until_started(1)
        refusal = await client.post("/parse", content=LARGE)
        assert (refusal.status_code, refusal.json()["code"]) == (503, "busy") and refusal.headers["retry-after"]
        assert (await client.post("/parse", content=b"small")).content == b"small"
        parser.release.set()
        assert (await first).content == b"large"
        assert (await client.post("/parse", content=LARGE)).content == b"large"


def test_a_place_is_taken_once_and_released_even_after_an_error() -> None:
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
async def test_only_a_large_body_takes_a_place(size: int, taken: bool) -> None:
    places: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    assert len(await read_body(request, take_place=lambda: places.append(1))) == size
    assert bool(places) == taken
