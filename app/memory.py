"""What the C library does with memory that was used and is free again (glibc; elsewhere nothing is done).

Threads have heaps of their own, and each keeps what it once needed: a service of many threads then holds several times
what it uses. Two heaps are enough, for the work is done in C++ outside Python's lock and allocates little.
"""

from __future__ import annotations

import ctypes
import sys

M_ARENA_MAX = -8
"""A parameter of mallopt(3)."""
ARENAS = 2


def few_heaps() -> None:
    """Keep the number of heaps small; best called before there are threads."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return what is free to the system: once after loading, which needs far more than speaking."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
