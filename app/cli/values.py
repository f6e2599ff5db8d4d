"""Values of flags that are checked while they are read, as types of argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence


def counts(value: str) -> list[int]:
    return [positive(part) for part in value.split(",")]


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Some of the known names, as a type of argparse."""

    def names(value: str) -> list[str]:
        chosen = value.split(",")
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return chosen

    return names


def positive(value: str) -> int:
    if int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return int(value)


def within(least: float, most: float) -> Callable[[str], float]:
    """A number in a range, as a type of argparse."""

    def number(value: str) -> float:
        if not least <= float(value) <= most:
            raise argparse.ArgumentTypeError(f"{value} is not within {least:g} and {most:g}")
        return float(value)

    return number


def seed(value: str) -> int:
    if not 0 <= int(value) < 2**32:
        raise argparse.ArgumentTypeError(f"{value} is not within 0 and 2**32 - 1")
    return int(value)
