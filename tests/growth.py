"""How the cost of work grows with its input: in calls, which are the same on every machine and under every load."""

from __future__ import annotations

import cProfile
import gc
import time
from collections.abc import Callable
from typing import Any


def count_calls(work: Callable[[], Any]) -> int:
    """Count the calls that `work` makes in this thread, of functions in Python and in C."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
    return sum(entry.callcount for entry in profile.getstats())


def measure_processor_seconds(work: Callable[[], Any]) -> float:
    """Measure the processor time of `work`, for time spent inside one call, such as a regular expression.

    Garbage is not collected meanwhile, since a collection costs as much as the whole process has objects.
    """
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def grows_linearly(cost: Callable[[int], float], length: int) -> bool:
    """Return whether four times the length costs less than nine times as much; quadratic cost grows sixteenfold."""
    return cost(length) < 9 * cost(length // 4)
