"""All metrics of one app, and the text in which Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from app.metrics.kept import Kept, histogram_of
from app.metrics.requests import Answered, RequestMetrics
from app.metrics.speech import SpeechMetrics, Spoken


class Metrics:
    """Belongs to one app; safe between threads."""

    def __init__(self) -> None:
        # When each series began is known to nobody who scrapes; it would double what they read.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # carries no types
        self.registry = CollectorRegistry()
        self._requests = RequestMetrics(self.registry)
        self._speech = SpeechMetrics(self.registry)
        ProcessCollector(registry=self.registry)

    def answered(self, answer: Answered) -> None:
        """Count an answer."""
        self._requests.answered(answer)

    def spoken(self, spoken: Spoken) -> None:
        """Count what was spoken for one request."""
        self._speech.spoken(spoken)

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Tell a value that is known elsewhere, as it is when somebody asks."""
        self.registry.register(Kept(lambda: GaugeMetricFamily(name, text, value())))

    def watch_count(self, name: str, text: str, value: Callable[[], float]) -> None:
        """The same for one that only grows."""
        self.registry.register(Kept(lambda: CounterMetricFamily(name, text, value())))

    def watch_sizes(self, name: str, text: str, bounds: Sequence[int], counts: Callable[[], Mapping[int, int]]) -> None:
        """The same for how often each whole number was seen."""
        self.registry.register(Kept(lambda: histogram_of(name, text, bounds, counts())))

    def watch_info(self, name: str, text: str, labels: Callable[[], Mapping[str, str]]) -> None:
        """The same for words, which become the labels of a 1."""
        self.registry.register(Kept(lambda: InfoMetricFamily(name, text, dict(labels()))))

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format. Reads files of the system: not for an event loop."""
        return generate_latest(self.registry)
