"""Format statistics as tables, for the terminal and in HTML."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from operator import attrgetter

from rich.table import Table

from app.evaluation.report import Report, Statistics


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

    def text(self, figures: Statistics) -> str:
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


def compute_mos_interval(figures: Statistics) -> tuple[float, float] | None:
    """Return the mean minus and plus its standard error."""
    error = figures.mos_error
    return None if error is None else (figures.mos - error, figures.mos + error)


def make_manner_column(title: str, unit: str, meaning: str, measure: str) -> Column:
    """Make the column of one measure of `Manner`, with its difference to neutral."""
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
        interval=compute_mos_interval,
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


def make_statistics_table(report: Report) -> Table:
    """Make a table with a row for each group and one for all recordings."""
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for heading in ("n", *(column.heading for column in COLUMNS)):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, figures in (*report.groups.items(), ("all", report.total)):
        table.add_row(name, str(figures.recordings), *(column.text(figures) for column in COLUMNS))
    return table


Row = Sequence[str]


def render_statistics_table(headings: Row, rows: Iterable[Row], foot: Iterable[Row] = ()) -> str:
    """Make an HTML table of statistics; the first text of a row is its name."""
    return f"""<table class="figures">
<thead><tr>{render_cells("th", headings)}</tr></thead>
<tbody>
{"".join(_render_row(row) for row in rows)}</tbody>
<tfoot>
{"".join(_render_row(row) for row in foot)}</tfoot>
</table>"""


def _render_row(row: Row) -> str:
    return f"<tr><th>{escape(row[0])}</th>{render_cells('td', row[1:])}</tr>\n"


def render_cells(tag: str, texts: Iterable[str]) -> str:
    """Make a cell of each text."""
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
