"""Asks again and again until something has ended, and tells each change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from scripts.sagemaker.command import tell

SECONDS = 15
ALIVE_SECONDS = 300
"""So often the last line is told again, so that nobody thinks it hangs."""

T = TypeVar("T")


def wait(ask: Callable[[], T], *, line: Callable[[T], str], over: Callable[[T], bool]) -> T:
    """The first answer that is over; `line` is told when it changes."""
    last, quiet = "", 0.0
    while True:
        state = ask()
        said = line(state)
        if said != last or quiet >= ALIVE_SECONDS:
            tell(f"{time.strftime('%H:%M:%S')} {said}")
            last, quiet = said, 0.0
        if over(state):
            return state
        time.sleep(SECONDS)
        quiet += SECONDS
