"""The figures and the targets as tables for the terminal."""

from __future__ import annotations

from rich.table import Table

from app.bench.results import Figure, Key, Results
from app.bench.targets import targets

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
"""Of each measure: what it is, and what a place of it counts."""


def figures_table(results: Results) -> Table:
    """A row for each measure and place, a column for each peer: the median, and from least to most."""
    peers = list(dict.fromkeys(sample.key.peer for sample in results.samples))
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for peer in peers:
        table.add_column(peer, justify="right")
    for measure, (heading, unit) in HEADINGS.items():
        for at in results.places(measure):
            figures = [results.figure(Key(measure, peer, at)) for peer in peers]
            table.add_row(f"{heading}, {unit}: {at}" if unit else heading, *(_spread(figure) for figure in figures))
    return table


def targets_table(results: Results) -> Table:
    """A row for each target."""
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for heading in ("value", "least to most", "needed", "aim"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for target in targets(results):
        sign = "≥" if target.more_is_better else "≤"
        spread = f"{target.figure.least:.3g}–{target.figure.most:.3g}" if target.figure else ""
        value = "" if target.value is None else f"{target.value:.3g}"
        table.add_row(
            target.measure, value, spread, f"{sign} {target.needed:g}", f"{sign} {target.aim:g}", target.verdict
        )
    return table


def _spread(figure: Figure | None) -> str:
    if figure is None:
        return ""
    if figure.least == figure.most:
        return f"{figure.median:.4g}"
    return f"{figure.median:.4g} ({figure.least:.4g}–{figure.most:.4g})"
