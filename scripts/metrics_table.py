"""Render the table of metrics in docs/operate.md from the metrics that the service exports.

`python -m scripts.metrics_table` prints it.
"""

from __future__ import annotations

import sys

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from app.api.connections import Connections
from app.api.server import watch_connections, watch_log
from app.main import create_app
from app.metrics import Metrics, ResponseRecord, SynthesisRecord
from app.settings import load_settings
from app.types import Emotion, PlanWarning, Source, Timings, Utterance

HEAD = ("| metric | kind | labels | meaning |", "|---|---|---|---|")
SUFFIXES = {"counter": "_total", "info": "_info"}
"""Suffixes that the text format appends to the names of metrics."""

UTTERANCE = Utterance(
    text="",
    span=None,
    spoken="",
    voice="",
    emotion=Emotion.NEUTRAL,
    probabilities=None,
    source=Source.PINNED,
    reason="",
    checkpoint="",
    checkpoint_sha256="",
)


def make_registry() -> CollectorRegistry:
    """Return the registry of a service, with at least one sample of each metric."""
    metrics: Metrics = create_app(load_settings()).state.service.metrics
    metrics.observe_response(ResponseRecord("/synthesize", 200, 1.0, first_byte=0.1))
    metrics.observe_synthesis(SynthesisRecord([UTTERANCE], [PlanWarning("runaway", "")], 1, 1.0, Timings()))
    watch_log(metrics, lambda: 0)
    watch_connections(metrics, Connections(limit=1))
    return metrics.registry


def render_table(registry: CollectorRegistry) -> str:
    """Return a Markdown table of Intone's own metrics, in the order of export."""
    own = (metric for metric in registry.collect() if metric.name.startswith("intone_"))
    return "\n".join((*HEAD, *map(_render_row, own))) + "\n"


def _render_row(metric: Metric) -> str:
    labels = {label: None for sample in metric.samples for label in sample.labels if label != "le"}
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"| `{metric.name}{SUFFIXES.get(metric.type, '')}` | {metric.type} | {shown} | {metric.documentation} |"


if __name__ == "__main__":
    sys.stdout.write(render_table(make_registry()))
