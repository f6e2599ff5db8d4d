"""A dictionary of bounded weight that forgets what was not asked for the longest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Safe between threads. `capacity` bounds the sum of the weights; 0 keeps nothing."""

    def __init__(self, capacity: int, weigh: Callable[[K, V], int]) -> None:
        self.capacity = capacity
        self.weigh = weigh
        self.weight = 0
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, which is now the youngest; None where there is none."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V) -> None:
        """Keep a value; one that is heavier than the whole capacity is not kept."""
        weight = self.weigh(key, value)
        if weight > self.capacity:
            return
        with self._lock:
            _, replaced = self._entries.pop(key, (None, 0))
            self._entries[key] = value, weight
            self.weight += weight - replaced
            while self.weight > self.capacity:
                _, (_, forgotten) = self._entries.popitem(last=False)
                self.weight -= forgotten
                self.evictions += 1
