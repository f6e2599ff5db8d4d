"""Render the report as one self-contained HTML page with embedded images and audio."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

import librosa
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imsave

from app.audio.encode import FORMATS, encode
from app.evaluation.listening import Measurement
from app.evaluation.recordings import Recording
from app.evaluation.report import Report, Statistics, group_by
from app.evaluation.tables import COLUMNS, Column, render_cells, render_emotion_section, tabulate_statistics

ROWS = 2
MAX_NAME_LENGTH = 20
"""Maximum characters of a group's name beside its bars; a longer one leaves them no room."""
BAR_COLOR, LINE_COLOR = "#4c78a8", "#222222"
BANDS = 80
FRAME_SECONDS, HOP_SECONDS = 0.046, 0.012
"""Usual window and hop of speech synthesis: 1024 and 256 samples at 22050 Hz."""
DYNAMIC_RANGE_DB = 70
"""Range in decibels from the loudest point to black."""


def draw_plots(report: Report) -> bytes:
    """Draw bars of each statistic, one for each group, as PNG; if differences to neutral exist, show these."""
    groups = report.groups
    figure = Figure(figsize=(14, ROWS * (1 + 0.25 * len(groups))), layout="constrained")
    grid = figure.subplots(ROWS, len(COLUMNS) // ROWS, sharey=True)
    for axes, column in zip(grid.flat, COLUMNS, strict=True):
        _draw_bars(axes, column, groups)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()


def _draw_bars(axes: Axes, column: Column, groups: Mapping[str, Statistics]) -> None:
    compared = any(column.difference(one) is not None for one in groups.values())
    read = column.difference if compared else column.value
    values = [read(one) or 0.0 for one in groups.values()]
    places = range(len(groups))
    axes.barh(places, values, color=BAR_COLOR)
    axes.axvline(0, color=LINE_COLOR, linewidth=0.8)
    for place, value, figures in zip(places, values, groups.values(), strict=True):
        if interval := column.interval(figures):
            axes.errorbar(
                value, place, xerr=[[value - interval[0]], [interval[1] - value]], color=LINE_COLOR, capsize=3
            )
    axes.set_yticks(places, [name[:MAX_NAME_LENGTH] for name in groups], parse_math=False)
    axes.set_ylim(len(groups) - 0.5, -0.5)  # the first group on top
    axes.set_title(f"{column.heading}, against neutral" if compared else column.heading, fontsize=11, loc="left")
    axes.tick_params(left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_spectrogram(recording: Recording) -> bytes:
    """Draw the mel spectrogram in decibels as PNG: a column for each frame, low bands at the bottom."""
    power = librosa.feature.melspectrogram(
        y=recording.samples,
        sr=recording.sample_rate,
        n_fft=round(FRAME_SECONDS * recording.sample_rate),
        hop_length=round(HOP_SECONDS * recording.sample_rate),
        n_mels=BANDS,
    )
    decibels = librosa.power_to_db(power, ref=np.max, top_db=DYNAMIC_RANGE_DB)
    file = io.BytesIO()
    imsave(
        file, decibels, vmin=-DYNAMIC_RANGE_DB, vmax=0, cmap=matplotlib.colormaps["magma"], origin="lower", format="png"
    )
    return file.getvalue()


STYLE = Path(__file__).with_name("page.css")
AUDIO_FORMAT = FORMATS["flac"]


def render_page(report: Report) -> str:
    """Render the whole page."""
    meanings = "".join(f"<dt>{escape(column.title)}</dt><dd>{escape(column.meaning)}</dd>\n" for column in COLUMNS)
    headings = ("sentence", "sound", "spectrogram", "errors", "MOS")
    recordings = group_by(report.measurements, lambda one: one.recording.group)
    return render_document(
        report.subject,
        f"""{tabulate_statistics(report).render()}
<dl>
{meanings}</dl>
<p>In round brackets: the difference to neutral. Each emotion has sentences of its own.</p>
<img class="plots" alt="The figures of the table as bars" src="{_encode_data_url("image/png", draw_plots(report))}">
{render_emotion_section(report.emotions)}
{"".join(render_recordings(name, headings, map(_render_recording, group)) for name, group in recordings.items())}""",
    )


def render_document(subject: str, body: str) -> str:
    """Wrap a body in a page with the title and the style that all reports share."""
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


def render_recordings(group: str, headings: Iterable[str], rows: Iterable[str]) -> str:
    """Make the section of a group: a table with a row for each recording."""
    return f"""<h2>{escape(group)}</h2>
<table class="recordings">
<thead><tr>{render_cells("th", headings)}</tr></thead>
<tbody>
{"".join(rows)}</tbody>
</table>
"""


def _render_recording(measurement: Measurement) -> str:
    recording = measurement.recording
    understood = f'<p class="understood">understood: {escape(measurement.understood)}</p>' if measurement.errors else ""
    return f"""<tr>
<td class="text"><p>{escape(recording.text)}</p>{understood}</td>
<td>{render_player(recording)}</td>
<td><img alt="Mel spectrogram" src="{_encode_data_url("image/png", draw_spectrogram(recording))}"></td>
<td>{measurement.errors} of {measurement.words}</td>
<td>{measurement.mos:.2f}</td>
</tr>
"""


def render_player(recording: Recording) -> str:
    """Make an `audio` element with a recording embedded."""
    content = _encode_data_url(
        AUDIO_FORMAT.content_type, encode(recording.samples, recording.sample_rate, AUDIO_FORMAT.name)
    )
    return f'<audio controls preload="metadata" src="{content}"></audio>'


def _encode_data_url(content_type: str, content: bytes) -> str:
    """Encode a file as a `data:` URL (RFC 2397)."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode('ascii')}"
