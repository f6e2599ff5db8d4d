"""The figures as a table for the terminal."""

from __future__ import annotations

from rich.table import Table

from app.evaluation.columns import COLUMNS
from app.evaluation.report import Report


def figures_table(report: Report) -> Table:
    """A row for each group, and one for all."""
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for heading in ("n", *(column.heading for column in COLUMNS)):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, figures in (*report.groups.items(), ("all", report.total)):
        table.add_row(name, str(figures.recordings), *(column.text(figures) for column in COLUMNS))
    return table
