"""Collect the measured values, compare them with the targets, and show both as tables, plots and JSON."""

from __future__ import annotations

import statistics
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure as Picture
from matplotlib.ticker import NullFormatter, StrMethodFormatter
from rich.table import Table

from app.bench.peers import CACHED, COQUI, INTONE, KOKORO, PIPER


@dataclass(frozen=True, slots=True)
class Key:
    """What was measured: the measure, the server and the value of the parameter."""

    measure: str
    peer: str
    at: int = 1
    """Number of clients, passages, requests or threads, depending on the measure."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Median and extremes over the rounds."""

    median: float
    least: float
    most: float


def summarize(values: Collection[float]) -> Summary | None:
    """Return the median and extremes of some values; None if there are none."""
    return Summary(statistics.median(values), min(values), max(values)) if values else None


@dataclass(slots=True)
class Results:
    """All results of a run."""

    facts: dict[str, str] = field(default_factory=dict)
    """Facts about the machine, and versions."""
    rounds: dict[Key, dict[int, float]] = field(default_factory=dict)
    """Value of each round."""
    missing: list[str] = field(default_factory=list)
    """Sentences that state what could not be measured, and why."""

    def add(self, key: Key, round_number: int, value: float) -> None:
        """Record a value."""
        self.rounds.setdefault(key, {})[round_number] = value

    def add_failure(self, sentence: str) -> None:
        """Record what could not be measured, once."""
        if sentence not in self.missing:
            self.missing.append(sentence)

    def summarize(self, key: Key) -> Summary | None:
        """Return the median and extremes of a key; None if nothing was measured."""
        return summarize(self.rounds.get(key, {}).values())

    def summarize_ratio(self, above: Key, below: Key) -> Summary | None:
        """Return the ratio of two keys, taken within each round, so that the slowdown of a whole round cancels out."""
        upper, lower = self.rounds.get(above, {}), self.rounds.get(below, {})
        return summarize([upper[number] / lower[number] for number in upper if number in lower])

    @property
    def peers(self) -> list[str]:
        """Peers with any values, in the order of measuring."""
        return list(dict.fromkeys(key.peer for key in self.rounds))

    def list_places(self, measure: str) -> list[int]:
        """Return the parameter values at which a measure was taken, ascending."""
        return sorted({key.at for key in self.rounds if key.measure == measure})


COMPARED_CLIENTS = 8
"""Number of clients at which throughput is compared."""
SHORTEST, LONGEST = 1, 100
"""Text lengths in passages, whose costs are compared."""


@dataclass(frozen=True, slots=True)
class Target:
    """A measure with its target and aim."""

    measure: str
    figure: Summary | None
    """None if it was not measured."""
    needed: float
    aim: float
    quietest: bool = False
    """Whether the round with the least value counts instead of the median."""

    @property
    def value(self) -> float | None:
        """The value to compare with the target; None if it was not measured."""
        if self.figure is None:
            return None
        return self.figure.least if self.quietest else self.figure.median

    @property
    def more_is_better(self) -> bool:
        """Whether higher values are better: the aim is above the needed value."""
        return self.aim > self.needed

    @property
    def verdict(self) -> str:
        """Verdict in words."""
        if self.value is None:
            return "not measured"
        if self._reaches(self.aim):
            return "aim reached"
        return "met" if self._reaches(self.needed) else "not met"

    def _reaches(self, bound: float) -> bool:
        assert self.value is not None
        return self.value >= bound if self.more_is_better else self.value <= bound


def evaluate_targets(results: Results) -> list[Target]:
    """Return all targets, measured or not."""

    def compare_peers(peer: str, measure: str, at: int = 1) -> Summary | None:
        return results.summarize_ratio(Key(measure, INTONE, at), Key(measure, peer, at))

    def compare_places(measure: str, end: int, start: int) -> Summary | None:
        return results.summarize_ratio(Key(measure, INTONE, end), Key(measure, INTONE, start))

    requests = results.list_places("memory") or [0]
    first_audio = "first_audio_of_paragraph"
    return [
        Target(
            f"speech per second / coqui's, {COMPARED_CLIENTS} clients",
            compare_peers(COQUI, "audio_seconds_per_second", COMPARED_CLIENTS), 3, 8,
        ),
        Target(
            f"characters per second / coqui's, {COMPARED_CLIENTS} clients",
            compare_peers(COQUI, "characters_per_second", COMPARED_CLIENTS), 3, 8,
        ),
        Target("first audio of a paragraph / coqui's, 1 client", compare_peers(COQUI, first_audio), 0.1, 0.05),
        Target(
            f"first audio of a paragraph / coqui's, {COMPARED_CLIENTS} clients",
            compare_peers(COQUI, first_audio, COMPARED_CLIENTS), 0.1, 0.05,
        ),
        Target(
            "first audio of a sentence, idle, quietest round, seconds",
            results.summarize(Key("first_audio_of_sentence", INTONE)), 0.15, 0.06, quietest=True,
        ),
        Target("real-time factor / piper's", compare_peers(PIPER, "real_time_factor"), 1.0, 0.5),
        Target("vocoder / matrix multiplication, 1 thread", results.summarize(Key("vocoder_share", INTONE)), 0.5, 0.75),
        Target(
            f"cost of a second of speech, text of {LONGEST} / of {SHORTEST}",
            compare_places("cost_by_length", LONGEST, SHORTEST), 1.1, 1.0,
        ),
        Target(
            f"memory after {requests[-1]} requests / after {requests[0]}",
            compare_places("memory", requests[-1], requests[0]), 1.03, 1.0,
        ),
        Target(
            "repeated paragraph, with cache / without",
            results.summarize_ratio(Key("repeated_paragraph", CACHED), Key("repeated_paragraph", INTONE)), 0.1, 0.02,
        ),
    ]  # fmt: skip


HEADINGS = {
    "characters_per_second": ("characters per second", "clients"),
    "audio_seconds_per_second": ("seconds of speech per second", "clients"),
    "first_audio_of_paragraph": ("first audio of a paragraph, s", "clients"),
    "first_audio_of_sentence": ("first audio of a sentence, idle, s", ""),
    "first_audio_beside_a_book": ("first audio of a sentence, beside a book, s", ""),
    "real_time_factor": ("real-time factor of a paragraph", ""),
    "cost": ("processor seconds per second of speech, paragraph", ""),
    "real_time_factor_by_length": ("real-time factor", "passages"),
    "cost_by_length": ("processor seconds per second of speech", "passages"),
    "repeated_paragraph": ("repeated paragraph, s", ""),
    "kept_health": ("GET /health on a kept connection, s", ""),
    "kept_analysis": ("POST /analyze of a known sentence on a kept connection, s", ""),
    "kept_speech": ("WAV of a known sentence on a kept connection, s", ""),
    "kept_openai_stream": ("first byte of OpenAI's stream of a known sentence, kept connection, s", ""),
    "memory": ("resident memory, MiB", "requests"),
    "matmul_rate": ("matrix multiplication, f32, operations per second", "threads"),
    "vocoder_rate": ("vocoder, mel to samples, operations per second, 1 thread", ""),
    "vocoder_share": ("its share of the matrix multiplication's", ""),
    "vocoder_network_share": ("share of its network alone", ""),
    "vocoder_network_f32_share": ("share of its network alone, in f32", ""),
}
"""Heading of each measure, and the unit of its parameter."""


def make_results_table(results: Results) -> Table:
    """Make a table of medians and ranges: a row for each measure and parameter value, a column for each peer."""
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for peer in results.peers:
        table.add_column(peer, justify="right")
    for measure, (heading, unit) in HEADINGS.items():
        for at in results.list_places(measure):
            figures = (_format_summary(results.summarize(Key(measure, peer, at))) for peer in results.peers)
            table.add_row(f"{heading}, {unit}: {at}" if unit else heading, *figures)
    return table


def make_targets_table(results: Results) -> Table:
    """Make a table with a row for each target."""
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for heading in ("value", "least to most", "needed", "aim"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for target in evaluate_targets(results):
        sign = "≥" if target.more_is_better else "≤"
        spread = f"{target.figure.least:.3g}–{target.figure.most:.3g}" if target.figure else ""
        value = "" if target.value is None else f"{target.value:.3g}"
        table.add_row(
            target.measure, value, spread, f"{sign} {target.needed:g}", f"{sign} {target.aim:g}", target.verdict
        )
    return table


def _format_summary(figure: Summary | None) -> str:
    if figure is None:
        return ""
    if figure.least == figure.most:
        return f"{figure.median:.4g}"
    return f"{figure.median:.4g} ({figure.least:.4g}–{figure.most:.4g})"


PEER_COLOURS = {INTONE: "#4c78a8", COQUI: "#f58518", PIPER: "#54a24b", KOKORO: "#b279a2"}
AxisScale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of one measure over its parameter, with a line for each peer."""

    file: str
    measure: str
    across: AxisScale = "linear"
    up: AxisScale = "linear"


PLOTS = (
    Plot("throughput.png", "audio_seconds_per_second"),
    Plot("first_audio.png", "first_audio_of_paragraph", up="log"),
    Plot("cost_by_length.png", "cost_by_length", across="log"),
    Plot("memory.png", "memory"),
)


def write_plots(results: Results, folder: Path) -> None:
    """Write the plots of all measures that were taken."""
    for plot in PLOTS:
        if results.list_places(plot.measure):
            _draw(plot, results).savefig(folder / plot.file, format="png", dpi=120)


def _draw(plot: Plot, results: Results) -> Picture:
    heading, unit = HEADINGS[plot.measure]
    picture = Picture(figsize=(7, 4), layout="constrained")
    axes = picture.subplots()
    places = results.list_places(plot.measure)
    axes.set_xscale(plot.across)
    axes.set_yscale(plot.up)
    for peer in results.peers:
        # The medians, with error bars from least to most.
        if found := [(at, one) for at in places if (one := results.summarize(Key(plot.measure, peer, at)))]:
            medians = [one.median for _, one in found]
            errors = [[one.median - one.least for _, one in found], [one.most - one.median for _, one in found]]
            across, color = [at for at, _ in found], PEER_COLOURS[peer]
            axes.errorbar(across, medians, errors, marker="o", capsize=3, color=color, label=peer)
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


def to_dict(results: Results) -> dict[str, Any]:
    """Return the facts, what is missing, the targets and every single value for JSON."""
    return {
        "facts": results.facts,
        "missing": results.missing,
        "targets": [
            {**asdict(target), "value": target.value, "verdict": target.verdict} for target in evaluate_targets(results)
        ],
        "samples": [
            {**asdict(key), "round": number, "value": value}
            for key, values in results.rounds.items()
            for number, value in values.items()
        ],
    }
