"""Sending a whole answer: block by block, no faster than it is taken, and closed whatever becomes of its client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from app.api.responses.complete import CompleteResponse
from app.api.responses.spool import BLOCK_BYTES, Spool, SpoolBudget
from app.api.responses.streaming import ReaderPatience
from app.errors import ReaderTooSlow

pytestmark = pytest.mark.anyio

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}, "state": {"log": {}}}
BODY = bytes(5 * BLOCK_BYTES)

Message = MutableMapping[str, Any]


class Sending:
    """An answer on its way to a client."""

    def __init__(self, patience: float = 60) -> None:
        self.budget = SpoolBudget(10)
        self.blocks_read = 0
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        spool = Spool(self.budget)
        spool.append(BODY)
        spool.finish()
        self.answer = CompleteResponse(
            spool, self.counted(spool), {"Content-Length": str(len(BODY))}, ReaderPatience(patience, 1e9)
        )

    def counted(self, spool: Spool) -> Iterator[bytes]:
        """The blocks of the body."""
        for block in spool.blocks(0, spool.size):
            self.blocks_read += 1
            yield block

    async def receive(self) -> Message:
        """What comes from the client."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def take_all(self, message: Message) -> None:
        """A client that takes all."""
        self.sent.append(message)

    async def take_headers(self, message: Message) -> None:
        """One that takes the headers alone, and waits."""
        self.sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def closed(self) -> None:
        """Wait until the spool's room is free."""
        while self.budget.reserved:
            await asyncio.sleep(0.01)


async def test_the_body_is_sent_in_blocks_and_the_spool_is_closed() -> None:
    sending = await asyncio.to_thread(Sending)  # it writes a file
    await sending.answer(SCOPE, sending.receive, sending.take_all)
    start, *blocks = sending.sent
    assert (start["status"], dict(start["headers"])[b"content-length"]) == (200, str(len(BODY)).encode())
    assert b"".join(block["body"] for block in blocks) == BODY
    assert max(len(block["body"]) for block in blocks) == BLOCK_BYTES
    await asyncio.wait_for(sending.closed(), 10)


async def test_nothing_is_read_ahead_of_a_client_that_takes_nothing_and_is_cut_off() -> None:
    sending = await asyncio.to_thread(Sending, patience=0.2)
    with pytest.raises(ReaderTooSlow):
        await sending.answer(SCOPE, sending.receive, sending.take_headers)
    assert (sending.blocks_read, len(sending.sent)) == (1, 2)
    await asyncio.wait_for(sending.closed(), 10)


async def test_a_client_that_leaves_ends_the_sending() -> None:
    sending = await asyncio.to_thread(Sending)  # it writes a file
    running = asyncio.create_task(sending.answer(SCOPE, sending.receive, sending.take_headers))
    while len(sending.sent) < 2:
        await asyncio.sleep(0.01)
    assert sending.budget.reserved == len(BODY)
    sending.left.set()
    await asyncio.wait_for(running, 10)
    await asyncio.wait_for(sending.closed(), 10)
    assert sending.blocks_read == 1
