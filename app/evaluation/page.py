"""The report as one HTML page that needs nothing else: pictures and sound are inside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path

from app.audio.encode import FORMATS, encode
from app.evaluation.columns import COLUMNS
from app.evaluation.emotion_page import emotion_section
from app.evaluation.figures import Figures
from app.evaluation.html_table import Row, cells, figures_table_html
from app.evaluation.listening import Heard
from app.evaluation.pictures import plots, spectrogram
from app.evaluation.recordings import Recording
from app.evaluation.report import Report

STYLE = Path(__file__).with_name("page.css")
SOUND = FORMATS["flac"]


def page(report: Report) -> str:
    """The whole page."""
    return document(
        report.subject,
        f"""{_figures(report)}
{_legend()}
<img class="plots" alt="The figures of the table as bars" src="{_data("image/png", plots(report))}">
{emotion_section(report.emotions)}{"".join(_group(name, report.heard) for name in report.groups)}""",
    )


def document(subject: str, body: str) -> str:
    """Put a body into a page with the title and the style of every report."""
    subject = escape(subject)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{subject}: evaluation</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<h1>Evaluation of {subject}</h1>
{body}</body>
</html>
"""


def _figures(report: Report) -> str:
    rows = [_figures_row(name, figures) for name, figures in report.groups.items()]
    headings = ("", "n", *(column.heading for column in COLUMNS))
    return figures_table_html(headings, rows, [_figures_row("all", report.total)])


def _figures_row(name: str, figures: Figures) -> Row:
    return (name, str(figures.recordings), *(column.text(figures) for column in COLUMNS))


def _legend() -> str:
    meanings = "".join(f"<dt>{escape(column.title)}</dt><dd>{escape(column.meaning)}</dd>\n" for column in COLUMNS)
    return f"""<dl>
{meanings}</dl>
<p>In round brackets: the difference to neutral. Each emotion has sentences of its own.</p>"""


def _group(name: str, heard: Iterable[Heard]) -> str:
    rows = "".join(_recording(one) for one in heard if one.recording.group == name)
    return f"""<h2>{escape(name)}</h2>
<table class="recordings">
<thead><tr>{cells("th", ("sentence", "sound", "spectrogram", "errors", "MOS"))}</tr></thead>
<tbody>
{rows}</tbody>
</table>
"""


def _recording(heard: Heard) -> str:
    recording = heard.recording
    understood = f'<p class="understood">understood: {escape(heard.understood)}</p>' if heard.errors else ""
    return f"""<tr>
<td class="text"><p>{escape(recording.text)}</p>{understood}</td>
<td>{sound(recording)}</td>
<td><img alt="Mel spectrogram" src="{_data("image/png", spectrogram(recording))}"></td>
<td>{heard.errors} of {heard.words}</td>
<td>{heard.mos:.2f}</td>
</tr>
"""


def sound(recording: Recording) -> str:
    """Make an element that plays a recording."""
    content = _data(SOUND.content_type, encode(recording.samples, recording.sample_rate, SOUND.name))
    return f'<audio controls preload="metadata" src="{content}"></audio>'


def _data(content_type: str, content: bytes) -> str:
    """A file as an address that holds it."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode('ascii')}"
