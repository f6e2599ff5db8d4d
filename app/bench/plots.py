"""Plots of the figures, as PNG files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from app.bench.peers import COQUI, INTONE, KOKORO, PIPER
from app.bench.results import Key, Results
from app.bench.table import HEADINGS

COLOURS = {INTONE: "#4c78a8", COQUI: "#f58518", PIPER: "#54a24b", KOKORO: "#b279a2"}
Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Plot:
    """One measure over its places, a line for each peer."""

    file: str
    measure: str
    across: Scale = "linear"
    up: Scale = "linear"


PLOTS = (
    Plot("throughput.png", "audio_seconds_per_second"),
    Plot("first_audio.png", "first_audio_of_paragraph", up="log"),
    Plot("cost_by_length.png", "cost_by_length", across="log"),
    Plot("memory.png", "memory"),
)


def write_plots(results: Results, folder: Path) -> None:
    """Write those whose measure was taken."""
    for plot in PLOTS:
        if results.places(plot.measure):
            _draw(plot, results).savefig(folder / plot.file, format="png", dpi=120)


def _draw(plot: Plot, results: Results) -> Picture:
    heading, unit = HEADINGS[plot.measure]
    picture = Picture(figsize=(7, 4), layout="constrained")
    axes = picture.subplots()
    places = results.places(plot.measure)
    axes.set_xscale(plot.across)
    axes.set_yscale(plot.up)
    for peer in results.peers(plot.measure):
        _line(axes, plot.measure, peer, places, results)
    axes.margins(y=0.15)
    if plot.up == "linear":
        axes.set_ylim(bottom=0)
    else:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks(places, [str(at) for at in places])
    axes.set_xticks([], minor=True)
    axes.set_title(heading, fontsize=11, loc="left")
    axes.set_xlabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return picture


def _line(axes: Axes, measure: str, peer: str, places: list[int], results: Results) -> None:
    """Medians, with bars from least to most."""
    found = [(at, figure) for at in places if (figure := results.figure(Key(measure, peer, at)))]
    medians = [figure.median for _, figure in found]
    below = [figure.median - figure.least for _, figure in found]
    above = [figure.most - figure.median for _, figure in found]
    axes.errorbar(
        [at for at, _ in found], medians, [below, above], marker="o", capsize=3, color=COLOURS[peer], label=peer
    )
