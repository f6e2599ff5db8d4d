"""Poll a state until it is final, and report its changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from scripts.sagemaker.command import report

POLL_SECONDS = 15
HEARTBEAT_SECONDS = 300
"""Interval at which an unchanged state is reported again, to show that the command still runs."""

T = TypeVar("T")


def wait(poll: Callable[[], T], *, format_state: Callable[[T], str], is_done: Callable[[T], bool]) -> T:
    """Return the first state that is done; report each state whose formatted text differs from the previous one."""
    last, quiet = "", 0.0
    while True:
        state = poll()
        text = format_state(state)
        if text != last or quiet >= HEARTBEAT_SECONDS:
            report(f"{time.strftime('%H:%M:%S')} {text}")
            last, quiet = text, 0.0
        if is_done(state):
            return state
        time.sleep(POLL_SECONDS)
        quiet += POLL_SECONDS
