"""Complete responses: sent in blocks, no faster than the client reads, and closed even if it disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from app.api.clients import ReaderPatience
from app.api.responses.complete import CompleteResponse
from app.api.responses.spool import BLOCK_BYTES, Spool, SpoolBudget
from app.errors import ReaderTooSlow

pytestmark = pytest.mark.anyio

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}, "state": {"log": {}}}
BODY = bytes(5 * BLOCK_BYTES)

Message = MutableMapping[str, Any]


class Transfer:
    """A complete response that is sent to a client."""

    def __init__(self, patience: float = 60) -> None:
        self.budget = SpoolBudget(10)
        self.blocks_read = 0
        self.sent: list[Message] = []
        self.disconnected = asyncio.Event()
        spool = Spool(self.budget)
        spool.append(BODY)
        spool.finish()
        self.response = CompleteResponse(
            spool, self.count_blocks(spool), {"Content-Length": str(len(BODY))}, ReaderPatience(patience, 1e9)
        )

    def count_blocks(self, spool: Spool) -> Iterator[bytes]:
        """Yield the blocks of the body and count them."""
        for block in spool.blocks(0, spool.size):
            self.blocks_read += 1
            yield block

    async def receive(self) -> Message:
        """Wait until the client disconnects."""
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def take_all(self, message: Message) -> None:
        """Receive everything, as a client."""
        self.sent.append(message)

    async def take_headers(self, message: Message) -> None:
        """Receive the headers, as a client that then reads nothing more."""
        self.sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def wait_until_closed(self) -> None:
        """Wait until the spool has released its space."""
        while self.budget.reserved:
            await asyncio.sleep(0.01)


async def test_the_body_is_sent_in_blocks_and_the_spool_is_closed() -> None:
    transfer = await asyncio.to_thread(Transfer)  # it writes a file
    await transfer.response(SCOPE, transfer.receive, transfer.take_all)
    start, *blocks = transfer.sent
    assert (start["status"], dict(start["headers"])[b"content-length"]) == (200, str(len(BODY)).encode())
    assert b"".join(block["body"] for block in blocks) == BODY
    assert max(len(block["body"]) for block in blocks) == BLOCK_BYTES
    await asyncio.wait_for(transfer.wait_until_closed(), 10)


async def test_a_client_that_reads_nothing_is_disconnected_and_nothing_is_read_ahead() -> None:
    transfer = await asyncio.to_thread(Transfer, patience=0.2)
    with pytest.raises(ReaderTooSlow):
        await transfer.response(SCOPE, transfer.receive, transfer.take_headers)
    assert (transfer.blocks_read, len(transfer.sent)) == (1, 2)
    await asyncio.wait_for(transfer.wait_until_closed(), 10)


async def test_a_client_that_disconnects_ends_the_transfer() -> None:
    transfer = await asyncio.to_thread(Transfer)  # it writes a file
    running = asyncio.create_task(transfer.response(SCOPE, transfer.receive, transfer.take_headers))
    while len(transfer.sent) < 2:
        await asyncio.sleep(0.01)
    assert transfer.budget.reserved == len(BODY)
    transfer.disconnected.set()
    await asyncio.wait_for(running, 10)
    await asyncio.wait_for(transfer.wait_until_closed(), 10)
    assert transfer.blocks_read == 1
