"""What the service has done, counted for Prometheus: numbers and names, never a word of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from app.plan import PlanWarning, Timings, Utterance

STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds of the buckets."""


class Metrics:
    """Belongs to one app; safe between threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        here = self.registry
        self._requests = Counter("intone_requests", "Answers by HTTP status.", ["status"], registry=here)
        self._rejected = Counter("intone_rejected", "Answers that are errors, by their code.", ["code"], registry=here)
        self._stages = Histogram(
            "intone_stage_seconds",
            "What a request spent in each stage.",
            ["stage"],
            buckets=STAGE_SECONDS,
            registry=here,
        )
        self._audio = Counter("intone_audio_seconds", "Audio that was made.", registry=here)
        self._utterances = Counter(
            "intone_utterances", "Utterances by their emotion and who chose it.", ["emotion", "source"], registry=here
        )
        self._warnings = Counter("intone_warnings", "What was done other than asked.", ["code"], registry=here)

    def answered(self, status: int, code: str | None) -> None:
        """Count an answer; `code` is that of its error."""
        self._requests.labels(str(status)).inc()
        if code is not None:
            self._rejected.labels(code).inc()

    def spoken(
        self, utterances: Iterable[Utterance], warnings: Sequence[PlanWarning], seconds: float, timings: Timings
    ) -> None:
        """Count what was spoken for one request; the timings are those of its header."""
        self._audio.inc(seconds)
        for utterance in utterances:
            self._utterances.labels(utterance.emotion.value, utterance.source.value).inc()
        for warning in warnings:
            self._warnings.labels(warning.code).inc()
        for stage in fields(timings):
            self._stages.labels(stage.name).observe(getattr(timings, stage.name) / 1000)

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Tell a value that is known elsewhere, as it is when somebody asks."""
        Gauge(name, text, registry=self.registry).set_function(value)

    def watch_count(self, name: str, text: str, value: Callable[[], float]) -> None:
        """The same for one that only grows."""
        self.registry.register(_Count(name, text, value))

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _Count(Collector):
    """A counter that is kept elsewhere."""

    def __init__(self, name: str, text: str, value: Callable[[], float]) -> None:
        self._name = name
        self._text = text
        self._value = value

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        yield CounterMetricFamily(self._name, self._text, self._value())
