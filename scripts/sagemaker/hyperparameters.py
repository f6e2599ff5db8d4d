"""Hyperparameters, checked here as the job will check them: a wrong name must not cost a started instance."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.parser import UsageError
from scripts.sagemaker.errors import Refused

MARGIN_SECONDS = 900
"""Between the end that a training sets itself and the one that the platform sets: start, download, export."""


def read_settings(pairs: Sequence[str]) -> tuple[dict[str, str], float]:
    """`NAME=VALUE` flags as SageMaker wants them, all strings; and the seconds that the training may take."""
    from app.training.settings import WrongHyperparameter, parse_settings

    values = dict(read_pair(pair) for pair in pairs)
    try:
        return values, parse_settings(values).time_limit
    except WrongHyperparameter as error:
        raise Refused(error.detail, hint=error.hint) from None


def read_pair(pair: str) -> tuple[str, str]:
    """`NAME=VALUE`."""
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise UsageError(f"{pair!r} is not of the form NAME=VALUE.")
    return name, value


def longest_runtime(time_limit: float, max_runtime: int | None) -> int:
    """Seconds after which the platform ends the job: by default well behind the end that the training sets itself."""
    if max_runtime is None:
        return int(time_limit) + MARGIN_SECONDS
    if max_runtime < time_limit + MARGIN_SECONDS:
        raise Refused(
            f"After {max_runtime} s the platform would stop a training that may take {time_limit:g} s.",
            hint=f"Set time_limit={max(1, max_runtime - MARGIN_SECONDS)}, or a longer --max-runtime.",
        )
    return max_runtime
