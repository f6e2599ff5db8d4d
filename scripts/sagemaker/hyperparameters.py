"""Validate hyperparameters as the job does, so that an invalid one is found before an instance is started."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.parser import UsageError
from scripts.sagemaker.errors import RefusedRequest

MARGIN_SECONDS = 900
"""Time between the limit of the training and that of the platform, for startup, download and export."""


def read_settings(pairs: Sequence[str]) -> tuple[dict[str, str], float]:
    """Return `NAME=VALUE` flags as strings, as SageMaker requires, and the time limit of the training in seconds."""
    from app.training.settings import WrongHyperparameter, parse_settings

    values = dict(read_pair(pair) for pair in pairs)
    try:
        return values, parse_settings(values).time_limit
    except WrongHyperparameter as error:
        raise RefusedRequest(error.detail, hint=error.hint) from None


def read_pair(pair: str) -> tuple[str, str]:
    """Parse `NAME=VALUE`."""
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise UsageError(f"{pair!r} is not of the form NAME=VALUE.")
    return name, value


def compute_max_runtime(time_limit: float, max_runtime: int | None) -> int:
    """Return the seconds after which the platform stops the job: by default well after the training's own limit."""
    if max_runtime is None:
        return int(time_limit) + MARGIN_SECONDS
    if max_runtime < time_limit + MARGIN_SECONDS:
        raise RefusedRequest(
            f"After {max_runtime} s the platform would stop a training that may take {time_limit:g} s.",
            hint=f"Set time_limit={max(1, max_runtime - MARGIN_SECONDS)}, or a longer --max-runtime.",
        )
    return max_runtime
