"""A bounded number of places, and who gets the next one."""

from __future__ import annotations

import asyncio
from collections import deque


class Places:
    """Grants each waiting client one place in turn, so that no client waits for all requests of another.

    Used from one event loop.
    """

    def __init__(self, count: int) -> None:
        self.free = count
        self.waiting = 0
        self._turns: dict[str, deque[asyncio.Future[None]]] = {}
        """Requests that wait, by client; the first client is the next to get a place."""

    async def take(self, client: str) -> None:
        """Wait for a place."""
        if self.free:
            self.free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._turns.setdefault(client, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(client, turn)
            else:
                self.give_back()
            raise
        finally:
            self.waiting -= 1

    def give_back(self) -> None:
        """Return a place, which the next client gets."""
        while self._turns:
            client = next(iter(self._turns))
            turns = self._turns.pop(client)
            turn = turns.popleft()
            if turns:
                self._turns[client] = turns
            # A request that was given up a moment ago still stands here until its task runs.
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def _forget(self, client: str, turn: asyncio.Future[None]) -> None:
        turns = self._turns.get(client, deque())
        if turn in turns:
            turns.remove(turn)
            if not turns:
                del self._turns[client]
