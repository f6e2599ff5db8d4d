"""A plan as a table for people."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.plan import Emotion, Plan, Utterance

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
"""Columns where the output is no terminal that could say how wide it is."""


def show_plan(plan: Plan) -> None:
    """Print the plan, with colours on a terminal only."""
    console = _console()
    console.print(_table(plan))
    for warning in plan.warnings:
        console.print(Text(f"{warning.code}: {warning.detail}", style="dim"))


def write_json(data: object) -> None:
    """Print something for programs."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def show_rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print any table; words in brackets stay as they are."""
    table = Table(*header, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console().print(table)


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def show_summary(plan: Plan) -> None:
    """Print how often each emotion is spoken, for a plan that is too long to be read, and its warnings by kind."""
    console = Console(highlight=False)
    for emotion, count in Counter(one.emotion for one in plan.utterances).most_common():
        console.print(Text(f"{count:7} {emotion.value}", style=COLOURS[emotion]))
    for code, count in Counter(warning.code for warning in plan.warnings).most_common():
        console.print(Text(f"{count:7} {code}", style="dim"))


def _table(plan: Plan) -> Table:
    spoken = any(utterance.start is not None for utterance in plan.utterances)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("emotion", no_wrap=True)
    if spoken:
        table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("text", overflow="fold", ratio=1)
    table.add_column("why", style="dim")
    for utterance in plan.utterances:
        table.add_row(*_row(utterance, spoken))
    return table


def _row(utterance: Utterance, spoken: bool) -> list[Text]:
    seconds = [Text(f"{utterance.start or 0:.2f}–{utterance.end or 0:.2f}")] if spoken else []
    emotion = Text(utterance.emotion.value, style=COLOURS[utterance.emotion])
    return [emotion, *seconds, Text(" ".join(utterance.text.split())), Text(utterance.reason)]
