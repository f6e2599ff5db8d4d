"""Tables of figures in HTML, as every page has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Row = Sequence[str]


def figures_table_html(headings: Row, rows: Iterable[Row], foot: Iterable[Row] = ()) -> str:
    """Make a table of figures; the first text of a row is its name."""
    return f"""<table class="figures">
<thead><tr>{cells("th", headings)}</tr></thead>
<tbody>
{"".join(_row(row) for row in rows)}</tbody>
<tfoot>
{"".join(_row(row) for row in foot)}</tfoot>
</table>"""


def _row(row: Row) -> str:
    return f"<tr><th>{escape(row[0])}</th>{cells('td', row[1:])}</tr>\n"


def cells(tag: str, texts: Iterable[str]) -> str:
    """Make a cell of each text."""
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
