"""Show the results of the emotion judge as tables, in the terminal and on the page."""

from __future__ import annotations

import math

from rich.console import Group
from rich.table import Table

from app.evaluation.emotion_judge import read_facts
from app.evaluation.report import EmotionReport, EmotionStatistics
from app.evaluation.tables import render_statistics_table
from app.types import Emotion

CONFUSION_HEADINGS = ("", "judged", "named rightly, %", *(emotion.value for emotion in Emotion))
Row = tuple[str, ...]


def make_confusion_rows(report: EmotionReport) -> list[Row]:
    """Make a row for each emotion: its accuracy and its counts in the confusion matrix."""
    return [make_confusion_row(name, figures) for name, figures in report.groups.items()]


def make_confusion_row(emotion: Emotion, figures: EmotionStatistics) -> Row:
    """Make the row of one emotion; a dot stands for zero."""
    low, high = figures.right_interval
    counts = (str(figures.named[named] or "·") for named in Emotion)
    return (emotion.value, str(figures.clips), f"{figures.right:.1f} [{low:.1f}, {high:.1f}]", *counts)


def make_summary_rows(report: EmotionReport) -> list[Row]:
    """Make the rows of the mean and of the worst emotion, padded to the width of the others."""
    worst = report.worst
    rest = ("",) * len(Emotion)
    return [
        ("mean", str(len(report.judged)), f"{report.mean:.1f}", *rest),
        ("worst", worst.value, f"{report.groups[worst].right:.1f}", *rest),
    ]


def make_difference_headings(report: EmotionReport) -> Row:
    """Return the column headings of the differences: the emotions that were spoken."""
    return ("against neutral", *report.groups)


def make_difference_rows(report: EmotionReport) -> list[Row]:
    """Make a row for each feature: mean differences to neutral, with the published normal / strong ones in brackets."""
    facts = read_facts()
    rows = []
    for place, (feature, unit) in enumerate(zip(facts.features, facts.units, strict=True)):
        digits = 1 if unit in ("st", "dB") else 2
        texts = (
            format_difference(
                figures.differences[feature], facts.normal[emotion][place], facts.strong[emotion][place], digits
            )
            for emotion, figures in report.groups.items()
        )
        rows.append((f"{feature}, {unit}", *texts))
    return rows


def format_difference(value: float, normal: float, strong: float, digits: int) -> str:
    """Format a difference with the published ones in brackets."""
    known = f"{normal:.{digits}f}" if normal == strong else f"{normal:.{digits}f}/{strong:.{digits}f}"
    return f"{'–' if math.isnan(value) else f'{value:+.{digits}f}'} ({known})"


def make_emotion_tables(report: EmotionReport) -> Group:
    """Return the confusion matrix and the table of differences to neutral."""
    confusion = [*make_confusion_rows(report), *make_summary_rows(report)]
    return Group(
        make_table(CONFUSION_HEADINGS, confusion),
        "",
        make_table(make_difference_headings(report), make_difference_rows(report)),
    )


def make_table(headings: Row, rows: list[Row]) -> Table:
    """Make a table whose first column names its rows."""
    made = Table(headings[0], box=None, header_style="bold", pad_edge=False)
    for heading in headings[1:]:
        made.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    return made


def render_emotion_section(report: EmotionReport) -> str:
    """Make the section of the page; empty if nothing was judged."""
    if not report.judged:
        return ""
    return f"""<h2>Emotions, judged</h2>
{render_statistics_table(CONFUSION_HEADINGS, make_confusion_rows(report), make_summary_rows(report))}
<p>A row for each emotion that was spoken, a column for each that was named. In square brackets: the 95 % interval of a
bootstrap over sentences. The judge measures the prosody of each clip against the neutral reading of the same text, and
names the emotion whose published differences, as twelve actresses made them, are nearest. It has learned nothing, and
understands no words.</p>
{render_statistics_table(make_difference_headings(report), make_difference_rows(report))}
<p>Mean differences to the neutral readings; in round brackets those of the actresses, at normal and at strong
intensity.</p>
"""
