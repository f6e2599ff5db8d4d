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
        if not self._turns:
            self.free += 1
            return
        client = next(iter(self._turns))
        turns = self._turns.pop(client)
        turns.popleft().set_result(None)
        if turns:
            self._turns[client] = turns

    def _forget(self, client: str, turn: asyncio.Future[None]) -> None:
        turns = self._turns[client]
        turns.remove(turn)
        if not turns:
            del self._turns[client]
