"""Plots and spectrograms as PNG files, in memory."""

from __future__ import annotations

import io
from collections.abc import Mapping

import librosa
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imsave

from app.evaluation.columns import COLUMNS, Column
from app.evaluation.figures import Figures
from app.evaluation.recordings import Recording
from app.evaluation.report import Report

ROWS = 2
LONGEST_NAME = 20
"""Letters of a group's name beside its bars; a longer one would leave them no room."""
BAR, LINE = "#4c78a8", "#222222"
BANDS = 80
FRAME_SECONDS, STEP_SECONDS = 0.046, 0.012
"""The usual window and step of speech synthesis: 1024 and 256 samples at 22050 Hz."""
DEPTH_DB = 70
"""From the loudest point to black."""


def plots(report: Report) -> bytes:
    """A bar for each group and figure; where there is a difference to neutral, that is what is shown."""
    groups = report.groups
    figure = Figure(figsize=(14, ROWS * (1 + 0.25 * len(groups))), layout="constrained")
    grid = figure.subplots(ROWS, len(COLUMNS) // ROWS, sharey=True)
    for axes, column in zip(grid.flat, COLUMNS, strict=True):
        _bars(axes, column, groups)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    return file.getvalue()


def _bars(axes: Axes, column: Column, groups: Mapping[str, Figures]) -> None:
    compared = any(column.difference(one) is not None for one in groups.values())
    read = column.difference if compared else column.value
    values = [read(one) or 0.0 for one in groups.values()]
    places = range(len(groups))
    axes.barh(places, values, color=BAR)
    axes.axvline(0, color=LINE, linewidth=0.8)
    for place, value, figures in zip(places, values, groups.values(), strict=True):
        if interval := column.interval(figures):
            axes.errorbar(value, place, xerr=[[value - interval[0]], [interval[1] - value]], color=LINE, capsize=3)
    axes.set_yticks(places, [name[:LONGEST_NAME] for name in groups], parse_math=False)
    axes.set_ylim(len(groups) - 0.5, -0.5)  # the first group on top
    axes.set_title(f"{column.heading}, against neutral" if compared else column.heading, fontsize=11, loc="left")
    axes.tick_params(left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)


def spectrogram(recording: Recording) -> bytes:
    """Mel spectrogram in decibels: a column for each frame, low bands at the bottom."""
    power = librosa.feature.melspectrogram(
        y=recording.samples,
        sr=recording.sample_rate,
        n_fft=round(FRAME_SECONDS * recording.sample_rate),
        hop_length=round(STEP_SECONDS * recording.sample_rate),
        n_mels=BANDS,
    )
    decibels = librosa.power_to_db(power, ref=np.max, top_db=DEPTH_DB)
    file = io.BytesIO()
    imsave(file, decibels, vmin=-DEPTH_DB, vmax=0, cmap=matplotlib.colormaps["magma"], origin="lower", format="png")
    return file.getvalue()
