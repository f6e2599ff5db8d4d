"""Run a live session from an event loop: its blocking steps go to threads, and pieces are made as they are taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

from app.live.session import LivePiece, LiveSession

IDLE_SECONDS = 0.5
"""Seconds without further text after which a text that ends like a sentence is spoken."""

RunStep: TypeAlias = Callable[[Callable[[], LivePiece | None]], Awaitable[LivePiece | None]]
"""Function that runs a blocking call in a thread."""


class LiveStream:
    """One text that arrives in pieces, and an asynchronous iterator over its audio; used from one event loop.

    A piece is made only when it is taken, so a slow reader stops the work. Iterate once.
    """

    def __init__(self, session: LiveSession, run: RunStep) -> None:
        self.session = session
        self._run = run
        self._changed = asyncio.Event()
        self.waits_for_text = False
        """Whether nothing can be spoken before more text comes."""
        self._may_settle = False
        """Whether text has come since the idle time last passed."""

    def push(self, text: str) -> None:
        """Append a piece of text; raises `TextTooLong` like `LiveSession.push`."""
        self.session.push(text)
        self._may_settle = True
        self._changed.set()

    def settle(self) -> None:
        """Speak the text so far if it ends like a sentence, instead of waiting for the idle time."""
        self.session.settle()
        self._changed.set()

    def flush(self) -> None:
        """Speak everything so far; the piece after it has `flushed`."""
        self.session.flush()
        self._changed.set()

    def end(self) -> None:
        """Speak everything so far, and then end the iteration with a piece that has `is_last`."""
        self.session.end()
        self._changed.set()

    def close(self) -> None:
        """Stop at once, and end the iteration; a worker is free after the chunk that it makes."""
        self.session.close()
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[LivePiece]:
        while not self.session.is_closed:
            piece = await self._run(self.session.make_piece)
            if piece is None:
                await self._wait_for_text()
                continue
            yield piece
            if piece.is_last:
                return

    async def _wait_for_text(self) -> None:
        """Wait until more can be spoken; after the idle time, have the session speak what ends like a sentence."""
        self.waits_for_text = True
        while not (self.session.may_speak or self.session.is_closed):
            self._changed.clear()
            idle_seconds = IDLE_SECONDS if self._may_settle and self.session.unread else None
            try:
                async with asyncio.timeout(idle_seconds):
                    await self._changed.wait()
            except TimeoutError:
                self._may_settle = False
                self.session.settle()
        self.waits_for_text = False
