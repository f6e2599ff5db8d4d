"""Where the models that ship are: beside the package in a checkout, under the environment's `share` when installed."""

from __future__ import annotations

import sys
from pathlib import Path


def shipped_models() -> Path:
    """The folder that holds `emotion/` and `voices/`."""
    checkout = Path(__file__).resolve().parent.parent / "models"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "intone" / "models"
