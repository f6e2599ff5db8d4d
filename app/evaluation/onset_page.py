"""The report of onsets as one HTML page that needs nothing else: the sound is inside it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from app.evaluation.html_table import cells, figures_table_html
from app.evaluation.onset_report import HeardPair, OnsetReport
from app.evaluation.onset_table import RATE_HEADINGS, WORD_HEADINGS, rate_rows, word_row
from app.evaluation.page import document, sound

EXPLANATION = """<p>How many sentences had their first and their last word misheard by Whisper tiny.en: spoken as
utterances of their own, and (control) the same words cut from running speech of the same emotion and seed. In square
brackets: the 95 % interval of a bootstrap over sentences.</p>"""


def onset_page(report: OnsetReport) -> str:
    """Make the whole page; the sentences whose first word was misheard can be listened to."""
    *groups, mean = rate_rows(report)
    misheard = [pair for pair in report.heard if pair.alone.first_misheard or pair.control.first_misheard]
    return document(
        report.subject,
        f"""{figures_table_html(RATE_HEADINGS, groups, [mean])}
{EXPLANATION}
<h2>First words</h2>
<table>
<thead><tr>{cells("th", WORD_HEADINGS)}</tr></thead>
<tbody>
{"".join(f"<tr>{cells('td', word_row(word))}</tr>" for word in report.misheard)}</tbody>
</table>
{"".join(_group(name, misheard) for name in report.groups)}""",
    )


def _group(name: str, misheard: Iterable[HeardPair]) -> str:
    rows = "".join(_pair(pair) for pair in misheard if pair.alone.recording.group == name)
    return f"""<h2>{escape(name)}</h2>
<table class="recordings">
<thead><tr>{cells("th", ("sentence", "alone", "control"))}</tr></thead>
<tbody>
{rows}</tbody>
</table>
"""


def _pair(pair: HeardPair) -> str:
    renditions = "".join(
        f'<td><p class="{"understood" if edges.first_misheard else "text"}">{escape(edges.understood)}</p>'
        f"{sound(edges.recording)}</td>"
        for edges in (pair.alone, pair.control)
    )
    return f'<tr>\n<td class="text"><p>{escape(pair.alone.recording.text)}</p></td>\n{renditions}\n</tr>\n'
