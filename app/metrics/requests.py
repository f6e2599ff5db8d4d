"""Requests and their answers."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.errors import ERRORS, INTERNAL_ERROR

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Upper bounds of the buckets: from a list of voices to a book."""
FIRST_BYTE_SECONDS = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)
"""Close together where a listener notices the difference."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, as it left the service."""

    route: str
    """The template of its path."""
    status: int
    seconds: float
    """From the first look at the request until its end."""
    first_byte: float | None = None
    """Seconds until the first byte of a stream; None where nothing was streamed."""
    code: str | None = None
    """Of its error."""


class RequestMetrics:
    """Counts answers; safe between threads."""

    def __init__(self, here: CollectorRegistry) -> None:
        self._requests = Counter(
            "intone_requests",
            "Answers by route and HTTP status; 499 where the client did not wait.",
            ["route", "status"],
            registry=here,
        )
        self._seconds = Histogram(
            "intone_request_duration_seconds",
            "Seconds from the arrival of a request to the end of its answer; a stream lasts as long as it is read.",
            ["route"],
            buckets=REQUEST_SECONDS,
            registry=here,
        )
        self._first_byte = Histogram(
            "intone_stream_first_byte_seconds",
            "Seconds from the arrival of a request to the first byte of its audio, for streams.",
            buckets=FIRST_BYTE_SECONDS,
            registry=here,
        )
        self._rejected = Counter("intone_rejected", "Answers that are errors, by their code.", ["code"], registry=here)
        for row in (*ERRORS.values(), INTERNAL_ERROR):
            # From zero on, or the first error of a kind would be no increase.
            self._rejected.labels(row.code)

    def answered(self, answer: Answered) -> None:
        """Count an answer."""
        self._requests.labels(answer.route, str(answer.status)).inc()
        self._seconds.labels(answer.route).observe(answer.seconds)
        if answer.first_byte is not None:
            self._first_byte.observe(answer.first_byte)
        if answer.code is not None:
            self._rejected.labels(answer.code).inc()
