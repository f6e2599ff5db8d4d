"""Number of synthesizers that Ray's controller keeps, which imports this module and should import nothing large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.serve.config import AutoscalingContext

QUEUED_SECONDS = 6.0
"""Seconds of speech that wait or are being made in a process that works 80 % of its time, by the simulation."""


def scale_by_speech(context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
    """Return how many synthesizers the queued seconds of speech need."""
    queued = (context.aggregated_metrics or {}).get("queued_seconds", {})
    return max(1, math.ceil(sum(queued.values()) / QUEUED_SECONDS)), {}
