"""Count requests and speech, and export the metrics of an app in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import accumulate, pairwise

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from app.errors import ERRORS, IntoneError
from app.types import Emotion, PlanWarning, Source, Timings, Utterance


class CallbackCollector(Collector):
    """Metric that is computed at each scrape."""

    def __init__(self, read: Callable[[], Metric]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield the metric; see `Collector.collect`."""
        yield self._read()


def make_histogram(name: str, text: str, bounds: Sequence[int], counts: Mapping[int, int]) -> Metric:
    """Make a histogram of whole numbers from the number of times that each was observed."""
    within = [
        sum(seen for value, seen in counts.items() if low < value <= bound) for low, bound in pairwise([0, *bounds])
    ]
    total = sum(counts.values())
    buckets = [(f"{bound:.1f}", float(seen)) for bound, seen in zip(bounds, accumulate(within), strict=True)]
    values = float(sum(value * seen for value, seen in counts.items()))
    return HistogramMetricFamily(name, text, buckets=[*buckets, ("+Inf", float(total))], sum_value=values)


REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Upper bounds of the buckets, in seconds: from a list of voices to a book."""
FIRST_BYTE_SECONDS = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)
"""Upper bounds of the buckets, in seconds; close together where a listener notices the difference."""


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """Response that the service sent."""

    route: str
    """Path template of the route."""
    status: int
    seconds: float
    """Seconds from the arrival of the request to the end of the response."""
    first_byte: float | None = None
    """Seconds from the arrival of the request to the first byte of a stream; None if the response was not streamed."""
    code: str | None = None
    """Error code; None if the response is not an error."""


class RequestMetrics:
    """Thread-safe metrics of responses."""

    def __init__(self, here: CollectorRegistry) -> None:
        counter, histogram = partial(Counter, registry=here), partial(Histogram, registry=here)
        text = "Responses by route and HTTP status; 499 if the client disconnected."
        self._requests = counter("intone_requests", text, ["route", "status"])
        text = (
            "Seconds from the arrival of a request to the end of its response; a stream lasts until it has been read."
        )
        self._seconds = histogram("intone_request_duration_seconds", text, ["route"], buckets=REQUEST_SECONDS)
        text = "Seconds from the arrival of a request to the first byte of a stream."
        self._first_byte = histogram("intone_stream_first_byte_seconds", text, buckets=FIRST_BYTE_SECONDS)
        self._rejected = counter("intone_rejected", "Error responses by their code.", ["code"])
        for code in (IntoneError.code, *(kind.code for kind in ERRORS)):
            # Start each series at zero; otherwise the first error of a kind would be no increase.
            self._rejected.labels(code)

    def observe_response(self, answer: ResponseRecord) -> None:
        """Record a response."""
        self._requests.labels(answer.route, str(answer.status)).inc()
        self._seconds.labels(answer.route).observe(answer.seconds)
        if answer.first_byte is not None:
            self._first_byte.observe(answer.first_byte)
        if answer.code is not None:
            self._rejected.labels(answer.code).inc()


STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds of the buckets, in seconds."""
REAL_TIME_FACTORS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5)
"""Upper bounds of the buckets; from 1 on, synthesis is slower than playback."""
PROBABILITIES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)
"""Upper bounds of the buckets; the largest of seven probabilities is never less than 1/7."""


MAX_RECORDED = 1000
"""Maximum utterances, and warnings, of a text that arrives in pieces that its record describes: it may never end."""


@dataclass(frozen=True, slots=True)
class SynthesisRecord:
    """Result of synthesizing a request; the only source of its log line and of the counters."""

    utterances: Sequence[Utterance]
    warnings: Sequence[PlanWarning]
    characters: int
    """Code points in the request, markup included."""
    seconds: float
    """Seconds of audio."""
    timings: Timings
    """Timings; equal to those in the response header if the audio was complete when the header was sent."""


class SpeechMetrics:
    """Thread-safe metrics of synthesized speech."""

    def __init__(self, here: CollectorRegistry) -> None:
        counter, histogram = partial(Counter, registry=here), partial(Histogram, registry=here)
        self._characters = counter("intone_characters", "Characters of synthesized requests, markup included.")
        self._audio = counter("intone_audio_seconds", "Seconds of synthesized audio.")
        text = "Synthesized utterances by emotion and its origin."
        self._utterances = counter("intone_utterances", text, ["emotion", "source"])
        text = "Utterances whose requested emotion the voice lacks, by that emotion."
        self._fallbacks = counter("intone_fallbacks", text, ["wanted"])
        text = "Largest probability of each classified utterance."
        self._confidence = histogram("intone_classifier_confidence", text, buckets=PROBABILITIES)
        self._warnings = counter("intone_warnings", "Deviations from requests by code.", ["code"])
        text = "Seconds of a request in each stage."
        self._stages = histogram("intone_stage_seconds", text, ["stage"], buckets=STAGE_SECONDS)
        text = "Seconds of computation per second of audio of a request."
        self._real_time = histogram("intone_real_time_factor", text, buckets=REAL_TIME_FACTORS)
        # Start each series at zero; otherwise the first event of a kind would be no increase.
        for emotion in Emotion:
            self._fallbacks.labels(emotion.value)
            for source in Source:
                self._utterances.labels(emotion.value, source.value)
        for stage in fields(Timings):
            self._stages.labels(stage.name)

    def observe_synthesis(self, spoken: SynthesisRecord) -> None:
        """Record the synthesis of a request."""
        self._characters.inc(spoken.characters)
        self._audio.inc(spoken.seconds)
        for utterance in spoken.utterances:
            self._utterances.labels(utterance.emotion.value, utterance.source.value).inc()
            if utterance.requested_emotion is not None:
                self._fallbacks.labels(utterance.requested_emotion.value).inc()
            if utterance.probabilities is not None:
                self._confidence.observe(max(utterance.probabilities.values()))
        for warning in spoken.warnings:
            self._warnings.labels(warning.code).inc()
        spent = {stage.name: getattr(spoken.timings, stage.name) / 1000 for stage in fields(spoken.timings)}
        for stage, value in spent.items():
            self._stages.labels(stage).observe(value)
        if spoken.seconds:
            self._real_time.observe((sum(spent.values()) - spent["queue"]) / spoken.seconds)


class Metrics:
    """Thread-safe metrics of one app."""

    def __init__(self) -> None:
        # No consumer uses the creation times of the series, which would double the size of a scrape.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # carries no types
        self.registry = CollectorRegistry()
        self.observe_response = RequestMetrics(self.registry).observe_response
        self.observe_synthesis = SpeechMetrics(self.registry).observe_synthesis
        ProcessCollector(registry=self.registry)

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Export a gauge; `value` is called at each scrape."""
        self.registry.register(CallbackCollector(lambda: GaugeMetricFamily(name, text, value())))

    def watch_count(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Export a counter; `value` is called at each scrape and never decreases."""
        self.registry.register(CallbackCollector(lambda: CounterMetricFamily(name, text, value())))

    def watch_sizes(self, name: str, text: str, bounds: Sequence[int], counts: Callable[[], Mapping[int, int]]) -> None:
        """Export a histogram of whole numbers; `counts` is called at each scrape."""
        self.registry.register(CallbackCollector(lambda: make_histogram(name, text, bounds, counts())))

    def watch_info(self, name: str, text: str, labels: Callable[[], Mapping[str, str]]) -> None:
        """Export an info metric, whose value is 1; `labels` is called at each scrape."""
        self.registry.register(CallbackCollector(lambda: InfoMetricFamily(name, text, dict(labels()))))

    def render_exposition(self) -> bytes:
        """Return all metrics in the text format of Prometheus.

        Do not call this in an event loop: it reads system files.
        """
        return generate_latest(self.registry)
