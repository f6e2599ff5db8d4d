"""The figures of onsets as tables: one list of rows for the terminal and the page."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table

from app.evaluation.onset_report import MisheardWord, OnsetFigures, OnsetReport, Rate

RATE_HEADINGS = ("", "n", "first word, %", "control, %", "last word, %", "control, %")
WORD_HEADINGS = ("sound", "sentence", "misheard in", "control misheard in", "understood")


def rate_rows(report: OnsetReport) -> list[tuple[str, ...]]:
    """A row for each emotion, and one for the mean."""
    return [rate_row(name, figures) for name, figures in (*report.groups.items(), ("mean", report.total))]


def rate_row(name: str, figures: OnsetFigures) -> tuple[str, ...]:
    """The figures of one emotion as people read them."""
    rates = (figures.first_alone, figures.first_control, figures.last_alone, figures.last_control)
    return (name, str(figures.sentences), *(rate_text(rate) for rate in rates))


def rate_text(rate: Rate) -> str:
    """A share with its interval."""
    return f"{rate.percent:.1f} [{rate.interval[0]:.1f}, {rate.interval[1]:.1f}]"


def word_row(word: MisheardWord) -> tuple[str, ...]:
    """A misheard first word as people read it."""
    understood = " / ".join(dict.fromkeys(word.understood))
    return (word.sound, word.text, ", ".join(word.emotions), ", ".join(word.control_emotions), understood)


def onset_tables(report: OnsetReport) -> Group:
    """The rates of each emotion, then the words that were misheard."""
    rates = Table("", box=None, header_style="bold", pad_edge=False)
    for heading in RATE_HEADINGS[1:]:
        rates.add_column(heading, justify="right", no_wrap=True)
    for row in rate_rows(report):
        rates.add_row(*row)
    words = Table(*WORD_HEADINGS, box=None, header_style="bold", pad_edge=False)
    for word in report.misheard:
        words.add_row(*word_row(word))
    return Group(rates, "", words)
