"""File descriptors: how many the process may have, and how many connections that is."""

from __future__ import annotations

import resource

ACCEPTED_AT_ONCE = 128
"""Connections that the event loop accepts in one go."""
RESERVE = 3 * ACCEPTED_AT_ONCE + 64
"""Descriptors that are no open connection's: three rounds of accepting pass before the first excess connection is
closed, and the rest is for models, pipes and temporary files."""
FEWEST = 16


def fit_connections(wanted: int) -> int:
    """Raise the soft limit of descriptors as far as needed; return how many connections fit below it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + RESERVE  # the answer to each may wait in a temporary file
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(FEWEST, wanted), min(wanted, soft - RESERVE))
