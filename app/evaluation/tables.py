"""Tables of figures, for the terminal and in HTML."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from operator import attrgetter

from rich.console import Group
from rich.table import Table

from app.evaluation.emotion_judge import read_facts
from app.evaluation.report import EmotionReport, Report, Statistics
from app.types import Emotion


@dataclass(frozen=True, slots=True)
class Column:
    """A statistic as a column: its title, how to read it and how to format it."""

    title: str
    unit: str
    meaning: str
    """Explanation for a reader who sees the statistic for the first time."""
    value: Callable[[Statistics], float | None]
    interval: Callable[[Statistics], tuple[float, float] | None] = lambda _: None
    """Confidence interval or standard error of the value, as lower and upper bound."""
    symmetric: bool = False
    """Whether the interval is formatted as ±."""
    difference: Callable[[Statistics], float | None] = lambda _: None
    """The value minus that of the neutral group."""
    digits: int = 1

    @property
    def heading(self) -> str:
        """Title with the unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def format(self, figures: Statistics) -> str:
        """Format the value of a group with its interval and its difference to neutral."""
        value, interval, difference = self.value(figures), self.interval(figures), self.difference(figures)
        if value is None or math.isnan(value):
            return "–"
        text = f"{value:.{self.digits}f}"
        if interval and self.symmetric:
            text += f" ±{interval[1] - value:.{self.digits}f}"
        elif interval:
            text += f" [{interval[0]:.{self.digits}f}, {interval[1]:.{self.digits}f}]"
        if difference is not None and not math.isnan(difference):
            text += f" ({difference:+.{self.digits}f})"
        return text


def make_manner_column(title: str, unit: str, meaning: str, measure: str) -> Column:
    """Make the column of one measure of `AcousticMeasures`, with its difference to neutral."""
    read = attrgetter(measure)
    return Column(
        title,
        unit,
        meaning,
        value=lambda figures: read(figures.manner),
        difference=lambda figures: read(figures.difference) if figures.difference else None,
    )


COLUMNS = (
    Column(
        "WER",
        "%",
        "words that Whisper tiny.en missed, mistook or added, with the 95 % interval of a bootstrap over sentences",
        value=attrgetter("wer"),
        interval=attrgetter("wer_interval"),
    ),
    Column(
        "MOS",
        "",
        "opinion score, 1 to 5, that DistillMOS predicts: the mean and its standard error",
        value=attrgetter("mos"),
        interval=lambda one: None if one.mos_error is None else (one.mos - one.mos_error, one.mos + one.mos_error),
        symmetric=True,
        digits=2,
    ),
    Column(
        "RTF",
        "",
        "real-time factor: computing time for a second of speech",
        value=attrgetter("real_time_factor"),
        digits=3,
    ),
    make_manner_column("pitch", "st", "median, in semitones over 100 Hz", "pitch"),
    make_manner_column(
        "range", "st", "of the pitch, from its 10th to its 90th percentile, in semitones", "pitch_range"
    ),
    make_manner_column("rate", "/s", "vowel groups of the text a second", "rate"),
    make_manner_column("level", "dB", "root mean square, of full scale", "level"),
    make_manner_column("tilt", "dB", "energy in 1-5 kHz against 80-1000 Hz", "tilt"),
)


Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table of figures; the first text of a row is its name."""

    headings: Row
    rows: Sequence[Row]
    foot: Sequence[Row] = ()
    """Rows that summarize the others."""

    def make_table(self) -> Table:
        """Make the table for the terminal."""
        return make_table(self.headings, (*self.rows, *self.foot))

    def render(self) -> str:
        """Make the table in HTML."""
        body, foot = (
            "".join(f"<tr><th>{escape(row[0])}</th>{render_cells('td', row[1:])}</tr>\n" for row in rows)
            for rows in (self.rows, self.foot)
        )
        return f"""<table class="figures">
<thead><tr>{render_cells("th", self.headings)}</tr></thead>
<tbody>
{body}</tbody>
<tfoot>
{foot}</tfoot>
</table>"""


def make_table(headings: Row, rows: Iterable[Row]) -> Table:
    """Make a table for the terminal whose first column names its rows."""
    made = Table(headings[0], box=None, header_style="bold", pad_edge=False)
    for heading in headings[1:]:
        made.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    return made


def render_cells(tag: str, texts: Iterable[str]) -> str:
    """Make a cell of each text in HTML."""
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def tabulate_statistics(report: Report) -> FigureTable:
    """Make a row for each group and one for all recordings."""
    *groups, total = (
        (name, str(one.recordings), *(column.format(one) for column in COLUMNS))
        for name, one in (*report.groups.items(), ("all", report.total))
    )
    return FigureTable(("", "n", *(column.heading for column in COLUMNS)), groups, [total])


def make_report_tables(report: Report) -> Group:
    """Return the table of statistics and, if emotions were judged, their tables."""
    statistics = tabulate_statistics(report).make_table()
    return Group(statistics, "", make_emotion_tables(report.emotions)) if report.emotions.judged else Group(statistics)


def tabulate_confusion(report: EmotionReport) -> FigureTable:
    """Make a row for each emotion with its accuracy and its counts (a dot for zero), the mean and the worst one."""
    groups, worst, rest = report.groups, report.worst, ("",) * len(Emotion)
    rows = [
        (
            *(emotion.value, str(figures.clips), format_rate(figures.right, figures.right_interval)),
            *(str(figures.named[named] or "·") for named in Emotion),
        )
        for emotion, figures in groups.items()
    ]
    summary = [
        ("mean", str(len(report.judged)), f"{report.mean:.1f}", *rest),
        ("worst", worst.value, f"{groups[worst].right:.1f}", *rest),
    ]
    return FigureTable(("", "judged", "named rightly, %", *(emotion.value for emotion in Emotion)), rows, summary)


def format_rate(percent: float, interval: tuple[float, float]) -> str:
    """Format a percentage with its interval."""
    return f"{percent:.1f} [{interval[0]:.1f}, {interval[1]:.1f}]"


def tabulate_differences(report: EmotionReport) -> FigureTable:
    """Make a row for each feature: mean differences to neutral, and in brackets the published ones."""
    facts, groups = read_facts(), report.groups
    rows = []
    for place, (feature, unit) in enumerate(zip(facts.features, facts.units, strict=True)):
        digits = 1 if unit in ("st", "dB") else 2
        texts = (
            format_difference(
                figures.differences[feature], facts.normal[emotion][place], facts.strong[emotion][place], digits
            )
            for emotion, figures in groups.items()
        )
        rows.append((f"{feature}, {unit}", *texts))
    return FigureTable(("against neutral", *groups), rows)


def format_difference(value: float, normal: float, strong: float, digits: int) -> str:
    """Format a difference with the published ones in brackets."""
    known = f"{normal:.{digits}f}" if normal == strong else f"{normal:.{digits}f}/{strong:.{digits}f}"
    return f"{'–' if math.isnan(value) else f'{value:+.{digits}f}'} ({known})"


def make_emotion_tables(report: EmotionReport) -> Group:
    """Return the confusion matrix and the table of differences to neutral."""
    return Group(tabulate_confusion(report).make_table(), "", tabulate_differences(report).make_table())


def render_emotion_section(report: EmotionReport) -> str:
    """Make the section of the page; empty if nothing was judged."""
    if not report.judged:
        return ""
    return f"""<h2>Emotions, judged</h2>
{tabulate_confusion(report).render()}
<p>A row for each emotion that was spoken, a column for each that was named. In square brackets: the 95 % interval of a
bootstrap over sentences. The judge measures the prosody of each clip against the neutral reading of the same text, and
names the emotion whose published differences, as twelve actresses made them, are nearest. It has learned nothing, and
understands no words.</p>
{tabulate_differences(report).render()}
<p>Mean differences to the neutral readings; in round brackets those of the actresses, at normal and at strong
intensity.</p>
"""
