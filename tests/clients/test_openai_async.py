"""OpenAI's asynchronous Python client."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from openai import AsyncOpenAI, AsyncStream, BadRequestError

from tests.clients.openai_clients import BOOK, HELLO, RATE, TEXT, can_speak, create_async_client, create_client
from tests.decoding import decode
from tests.serving import Server, wait_until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncOpenAI]:
    async with await asyncio.to_thread(create_async_client, server.url) as client:
        yield client


@pytest.fixture
async def narrow_client(narrow_server: Server) -> AsyncIterator[AsyncOpenAI]:
    async with await asyncio.to_thread(create_async_client, narrow_server.url) as client:
        yield client


async def test_concurrent_requests_succeed(client: AsyncOpenAI) -> None:
    async def speak(name: str) -> bytes:
        return (await client.audio.speech.create(**HELLO, response_format=name)).content

    names = ("mp3", "wav", "flac", "opus")
    responses = await asyncio.gather(*map(speak, names))
    for name, data in zip(names, responses, strict=True):
        assert len(decode(data, name, RATE)) > RATE / 4


async def test_a_stream_and_events_equal_the_plain_response(client: AsyncOpenAI) -> None:
    fields: dict[str, Any] = {**HELLO, "input": TEXT, "response_format": "pcm"}
    plain = (await client.audio.speech.create(**fields, extra_body={"seed": 3})).content
    async with client.audio.speech.with_streaming_response.create(**fields, extra_body={"seed": 3}) as response:
        assert b"".join([piece async for piece in response.iter_bytes()]) == plain
    body = {**fields, "stream_format": "sse", "seed": 3}
    events: Any = await client.post(
        "/audio/speech", cast_to=object, body=body, stream=True, stream_cls=AsyncStream[object]
    )
    *heard, done = [event async for event in events]
    deltas = [event for event in heard if event["type"] == "speech.audio.delta"]
    assert b"".join(base64.b64decode(delta["audio"]) for delta in deltas) == plain
    assert done["type"] == "speech.audio.done"


async def test_an_error_names_the_field(client: AsyncOpenAI) -> None:
    with pytest.raises(BadRequestError) as caught:
        await client.audio.speech.create(**{**HELLO, "voice": "nobody"})
    assert caught.value.param == "voice"


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    assert "tts-1" in [model.id async for model in client.models.list()]


@pytest.mark.parametrize("stream_format", ["audio", "sse"])
async def test_leaving_a_stream_frees_its_place(
    narrow_server: Server, narrow_client: AsyncOpenAI, stream_format: Literal["audio", "sse"]
) -> None:
    speech = narrow_client.audio.speech.with_streaming_response
    async with speech.create(
        **{**HELLO, "input": BOOK}, response_format="pcm", stream_format=stream_format
    ) as response:
        pieces = response.iter_bytes(100)
        await anext(pieces)
        assert not await asyncio.to_thread(is_free, narrow_server)
    await asyncio.to_thread(wait_until, lambda: is_free(narrow_server), 10)


async def test_cancelling_a_request_frees_its_place(narrow_server: Server, narrow_client: AsyncOpenAI) -> None:
    whole = narrow_client.audio.speech.create(**{**HELLO, "input": BOOK}, extra_body={"stream": False})
    task = asyncio.create_task(whole)
    await asyncio.to_thread(wait_until, lambda: not is_free(narrow_server), 4)
    task.cancel()
    await asyncio.to_thread(wait_until, lambda: is_free(narrow_server), 10)


def is_free(server: Server) -> bool:
    with create_client(server.url) as client:
        return can_speak(client)
