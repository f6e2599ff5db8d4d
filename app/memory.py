"""Memory that is bounded, was used and is free again, or stays for good.

The C library (glibc; elsewhere nothing is done): threads have heaps of their own, and each keeps what it once needed. A
service of many threads then holds several times what it uses. Two heaps are enough, for the work is done in C++ outside
Python's lock and allocates little.
"""

from __future__ import annotations

import ctypes
import gc
import sys
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


M_ARENA_MAX = -8
"""A parameter of mallopt(3)."""
ARENAS = 2


def limit_arenas() -> None:
    """Keep the number of heaps small; best called before there are threads."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, ARENAS)


def trim_heap() -> None:
    """Return what is free to the system: once after loading, which needs far more than speaking."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def freeze_objects() -> None:
    """Exempt every object that exists from garbage collection: once a service has loaded what it keeps for good.

    A full collection visits all objects and holds Python's lock meanwhile. Those of the libraries and models alone take
    0.4 s, in which no request is read and no piece of audio is sent.
    """
    gc.collect()
    gc.freeze()


def unfreeze_objects() -> None:
    """Undo `freeze_objects`."""
    gc.unfreeze()
