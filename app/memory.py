"""Bound the memory of the process: an LRU cache, the heaps of malloc, and objects exempt from garbage collection.

In glibc each thread uses one of several heaps (arenas), and a heap keeps memory that it once needed. A service with
many threads then holds several times what it uses. Two heaps are enough, because the work is done in C++ outside
Python's global interpreter lock and allocates little. With other C libraries the functions for heaps do nothing.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Thread-safe cache with least-recently-used eviction.

    `capacity` bounds the sum of the weights; 0 keeps nothing.
    """

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
        """Return the value and mark it as most recently used; None if there is none."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V) -> None:
        """Store a value, unless its weight exceeds the capacity."""
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

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()
            self.weight = 0


M_ARENA_MAX = -8
"""Parameter of mallopt(3)."""
ARENAS = 2


def limit_arenas() -> None:
    """Limit the number of heaps; most effective before threads start."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, ARENAS)


def trim_heap() -> None:
    """Return free memory to the system, for example after loading, which needs far more memory than synthesis."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


@contextmanager
def pause_collection() -> Iterator[None]:
    """Load without garbage collections, which find next to nothing then and take a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def freeze_objects() -> None:
    """Exempt every existing object from garbage collection, after a service has loaded what it keeps.

    A full collection visits all objects and holds Python's global interpreter lock. The objects of libraries and models
    alone take 0.4 s, during which the service reads no request and sends no audio.
    """
    gc.collect()
    gc.freeze()


def unfreeze_objects() -> None:
    """Undo `freeze_objects`."""
    gc.unfreeze()
