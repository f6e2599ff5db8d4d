"""Questions on a terminal; elsewhere each needs a flag that answers it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from app.cli.usage import UsageError
from app.errors import IntoneError

T = TypeVar("T")

MOST_LISTED = 12
"""Names in a question."""


class Questions:
    """Asks whoever sits at the terminal, or takes the default of every question where that was wished."""

    def __init__(self, take_defaults: bool) -> None:
        self.take_defaults = take_defaults

    def ask(self, question: str, default: str, flag: str, read: Callable[[str], T]) -> T:
        """What `read` makes of the answer; where it raises a typed error, that is told and the question repeated."""
        if self.take_defaults:
            return read(default)
        if not sys.stdin.isatty():
            raise UsageError(
                f"{question} There is no terminal to ask on.",
                hint=f"Give {flag}, or --yes to take every default, here: {default}.",
            )
        while True:
            answer = prompt(f"{question} [{default}] ", flag)
            try:
                return read(answer or default)
            except IntoneError as error:
                sys.stderr.write(f"{error.detail} {error.hint}\n")

    def choose(self, question: str, named: Mapping[str, T], flag: str) -> T:
        """One of several, the first by default; the only one without a question. In `flag` the name stands at `{}`."""

        def read(answer: str) -> T:
            if answer not in named:
                raise UsageError(f"{answer!r} is none of them.")
            return named[answer]

        default = next(iter(named))
        if len(named) == 1:
            return named[default]
        return self.ask(f"{question}: {listed(named)}?", default, flag.format(default), read)


def listed(names: Iterable[str]) -> str:
    """Names for a sentence; of very many the first."""
    known = list(names)
    shown = ", ".join(known[:MOST_LISTED])
    return shown if len(known) <= MOST_LISTED else f"{shown}, … ({len(known)} in all)"


def prompt(text: str, flag: str) -> str:
    """One line from the terminal. The question goes to standard error: what is found may be written to a file."""
    sys.stderr.write(text)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise UsageError("The question was not answered.", hint=f"Give {flag}, or --yes.")
    return line.strip()
