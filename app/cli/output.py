"""Print plans and tables, and ask questions on a terminal; without one, each question requires a flag."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.audio.files import STDOUT, is_replaceable, resolve_links
from app.cli.parser import UsageError
from app.errors import IntoneError
from app.types import Emotion, Plan

COLOURS = {
    Emotion.NEUTRAL: "default",
    Emotion.JOY: "yellow",
    Emotion.SADNESS: "blue",
    Emotion.ANGER: "red",
    Emotion.FEAR: "magenta",
    Emotion.SURPRISE: "cyan",
    Emotion.DISGUST: "green",
}

_PIPE_WIDTH = 160
"""Columns of output that does not go to a terminal, which would know its width."""
_TABLE_WIDTH = 140
"""Minimum columns of a wide table; a narrower terminal wraps its lines without loss."""
_TERMINATED = 143
"""Exit code of a terminated program, by convention of shells: 128 + SIGTERM."""


@contextmanager
def exit_on_sigterm() -> Iterator[None]:
    """Let SIGTERM raise an exception, which removes partial files and ends servers; by default it raises none."""
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def make_wide_console() -> Console:
    """Return a console for tables with many columns."""
    console = _console()
    console.width = max(console.width, _TABLE_WIDTH)
    return console


def show_plan(plan: Plan, to_stderr: bool = False) -> None:
    """Print the plan as a table, with colours on a terminal only."""
    console = _console(to_stderr)
    console.print(_make_plan_table(plan))
    for warning in plan.warnings:
        console.print(Text(f"{warning.code}: {warning.detail}", style="dim"))


def write_json(data: object) -> None:
    """Print data as JSON."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def show_rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; text in brackets is not interpreted as markup."""
    table = Table(*header, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console().print(table)


def _console(to_stderr: bool = False) -> Console:
    console = Console(highlight=False, stderr=to_stderr)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def show_summary(plan: Plan, to_stderr: bool = False) -> None:
    """Print the number of utterances by emotion and of warnings by code, for a plan too long to read."""
    console = _console(to_stderr)
    for emotion, count in Counter(one.emotion for one in plan.utterances).most_common():
        console.print(Text(f"{count:7} {emotion.value}", style=COLOURS[emotion]))
    for code, count in Counter(warning.code for warning in plan.warnings).most_common():
        console.print(Text(f"{count:7} {code}", style="dim"))


def _make_plan_table(plan: Plan) -> Table:
    spoken = any(utterance.start is not None for utterance in plan.utterances)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("emotion", no_wrap=True)
    if spoken:
        table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("text", overflow="fold", ratio=1)
    table.add_column("why", style="dim")
    for one in plan.utterances:
        seconds = [f"{one.start or 0:.2f}–{one.end or 0:.2f}"] if spoken else []
        emotion = Text(one.emotion.value, style=COLOURS[one.emotion])
        table.add_row(emotion, *map(Text, (*seconds, " ".join(one.text.split()), one.reason)))
    return table


T = TypeVar("T")

MAX_LISTED = 12
"""Maximum number of names in a question or an error."""


class Questions:
    """Questions to the user at the terminal, or their defaults if the user chose `take_defaults`."""

    def __init__(self, take_defaults: bool) -> None:
        self.take_defaults = take_defaults

    def ask(self, question: str, default: str, flag: str, read: Callable[[str], T]) -> T:
        """Return the answer as parsed by `read`; if `read` raises a typed error, print it and repeat the question."""
        if self.take_defaults:
            return read(default)
        if not sys.stdin.isatty():
            raise UsageError(
                f"{question} There is no terminal to ask on.",
                hint=f"Give {flag}, or --yes to take every default, here: {default}.",
            )
        while True:
            # To standard error, since standard output may be redirected to a file.
            sys.stderr.write(f"{question} [{default}] ")
            sys.stderr.flush()
            if not (answer := sys.stdin.readline()):
                raise UsageError("The question was not answered.", hint=f"Give {flag}, or --yes.")
            try:
                return read(answer.strip() or default)
            except IntoneError as error:
                sys.stderr.write(f"{error.detail} {error.hint}\n")

    def choose(self, question: str, named: Mapping[str, T], flag: str) -> T:
        """Return one of several choices: without a question if it is the only one, and the first by default.

        `{}` in `flag` stands for the name of the choice.
        """

        def read(answer: str) -> T:
            if answer not in named:
                raise UsageError(f"{answer!r} is none of them.")
            return named[answer]

        default = next(iter(named))
        if len(named) == 1:
            return named[default]
        return self.ask(f"{question}: {join_names(named)}?", default, flag.format(default), read)


def join_names(names: Iterable[str]) -> str:
    """Join names for a sentence, and only the first MAX_LISTED of more."""
    known = list(names)
    shown = ", ".join(known[:MAX_LISTED])
    return shown if len(known) <= MAX_LISTED else f"{shown}, … ({len(known)} in all)"


def check_output(output: Path) -> None:
    """Raise `UsageError` if the audio cannot be written there."""
    if output == STDOUT:
        if sys.stdout.isatty():
            raise UsageError("Standard output is a terminal, which cannot play sound.", hint="Redirect it: > FILE.")
    elif output.is_dir():
        raise UsageError(f"{output} is a folder.", hint="Name a file in it.")
    elif not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}.", hint="Make it first.")
    elif is_replaceable(output) and not os.access(folder := resolve_links(output).parent, os.W_OK):
        if output.is_symlink():
            raise UsageError(f"{output} leads to {folder}, which is not a writable folder.", hint="Choose another one.")
        raise UsageError(f"The folder {folder} cannot be written to.", hint="Choose another one.")
