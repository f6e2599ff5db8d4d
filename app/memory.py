"""Memory that was used and is free again, and memory that stays for good.

The C library (glibc; elsewhere nothing is done): threads have heaps of their own, and each keeps what it once needed, so
a service of many threads holds several times what it uses. Two heaps are enough, for the work is done in C++ outside
Python's lock and allocates little.
"""

from __future__ import annotations

import ctypes
import gc
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
