"""How long a `break` lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.text.ssml import values
from app.text.ssml.building import LONGEST_PAUSE
from app.text.ssml.manners import limited
from app.text.ssml.remarks import Remarks, shown
from app.text.ssml.table import BREAK_SECONDS

USUAL = "medium"
"""The strength of a break that says nothing."""
READERS: dict[str, Callable[[str], float | None]] = {"time": values.seconds, "strength": values.strength}
"""The first that can be read wins."""


def pause_seconds(attributes: Mapping[str, str], remarks: Remarks) -> float:
    """Seconds; a value that cannot be read is as if it were not there."""
    for attribute, read in READERS.items():
        if attribute not in attributes:
            continue
        written = attributes[attribute]
        seconds = read(written.strip().lower())
        what = f"{attribute}={shown(written)} on <break>"
        if seconds is not None:
            return limited(seconds, 0.0, LONGEST_PAUSE, what, remarks)
        remarks.add("invalid_value", f"{what} was ignored.")
    return BREAK_SECONDS[USUAL]
