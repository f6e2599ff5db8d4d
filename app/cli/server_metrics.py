"""Metrics of the server below the app: its connections and its log."""

from __future__ import annotations

from collections.abc import Callable

from app.cli.connections import Connections
from app.metrics import Metrics


def watch_connections(metrics: Metrics, connections: Connections) -> None:
    """Export how many there are, and how many had no room."""
    metrics.watch("intone_connections", "Open connections.", lambda: len(connections.open))
    metrics.watch("intone_connections_limit", "Connections that may be open.", lambda: connections.limit)
    metrics.watch_count(
        "intone_connections_closed",
        "Idle connections that were closed to make room for new ones.",
        lambda: connections.closed,
    )
    metrics.watch_count(
        "intone_connections_refused",
        "Connections that were refused since all others were in use.",
        lambda: connections.refused,
    )


def watch_log(metrics: Metrics, dropped: Callable[[], float]) -> None:
    """Export how many lines were lost."""
    metrics.watch_count(
        "intone_log_lines_dropped",
        "Log lines that were dropped since standard error was not read.",
        dropped,
    )
