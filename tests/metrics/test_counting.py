"""Values of the metrics after syntheses and responses."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from app.errors import ERRORS
from app.metrics import Metrics, ResponseRecord, SynthesisRecord, make_histogram
from app.types import Emotion, PlanWarning, Source, Timings, Utterance
from tests.speaking import make_utterance

EVEN = dict.fromkeys(Emotion, 0.05)


def read_sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return the value of one sample."""
    return metrics.registry.get_sample_value(name, labels)


def make_record(*utterances: Utterance, **changes: object) -> SynthesisRecord:
    record = SynthesisRecord(
        utterances, [PlanWarning("fallback", "a detail")], 40, 2.0, Timings(1000, 100, 200, 300, 400)
    )
    return replace(record, **changes)  # type: ignore[arg-type]


LABELLED = replace(
    make_utterance(emotion=Emotion.JOY), source=Source.CLASSIFIER, probabilities={**EVEN, Emotion.JOY: 0.7}
)
FALLBACK = replace(
    make_utterance(), source=Source.FALLBACK, requested_emotion=Emotion.FEAR, probabilities={**EVEN, Emotion.FEAR: 0.7}
)
PINNED = make_utterance(emotion=Emotion.ANGER)


def test_synthesis_is_counted() -> None:
    metrics = Metrics()
    metrics.observe_synthesis(make_record(LABELLED, FALLBACK, PINNED))
    assert read_sample(metrics, "intone_characters_total") == 40
    assert read_sample(metrics, "intone_audio_seconds_total") == 2
    assert read_sample(metrics, "intone_utterances_total", emotion="joy", source="classifier") == 1
    assert read_sample(metrics, "intone_utterances_total", emotion="neutral", source="fallback") == 1
    assert read_sample(metrics, "intone_utterances_total", emotion="anger", source="pinned") == 1
    assert read_sample(metrics, "intone_warnings_total", code="fallback") == 1


def test_fallbacks_are_counted_by_requested_emotion() -> None:
    metrics = Metrics()
    metrics.observe_synthesis(make_record(LABELLED, FALLBACK, FALLBACK))
    assert read_sample(metrics, "intone_fallbacks_total", wanted="fear") == 2
    assert read_sample(metrics, "intone_fallbacks_total", wanted="neutral") == 0


def test_confidence_is_observed_for_labelled_utterances_only() -> None:
    metrics = Metrics()
    metrics.observe_synthesis(make_record(LABELLED, FALLBACK, PINNED))
    assert read_sample(metrics, "intone_classifier_confidence_count") == 2
    assert read_sample(metrics, "intone_classifier_confidence_sum") == pytest.approx(1.4)


def test_queue_time_is_excluded_from_the_real_time_factor() -> None:
    metrics = Metrics()
    metrics.observe_synthesis(make_record(LABELLED))
    assert read_sample(metrics, "intone_real_time_factor_sum") == pytest.approx(0.5)
    assert read_sample(metrics, "intone_stage_seconds_sum", stage="queue") == 1


def test_a_request_without_audio_has_no_real_time_factor() -> None:
    metrics = Metrics()
    metrics.observe_synthesis(make_record(seconds=0.0))
    assert read_sample(metrics, "intone_real_time_factor_count") == 0


def test_responses_are_counted_by_route_and_status_and_only_streams_have_a_first_byte() -> None:
    metrics = Metrics()
    metrics.observe_response(ResponseRecord("/synthesize", 200, 3.0, first_byte=0.2))
    metrics.observe_response(ResponseRecord("/synthesize", 503, 0.01, code="busy"))
    assert read_sample(metrics, "intone_requests_total", route="/synthesize", status="200") == 1
    assert read_sample(metrics, "intone_request_duration_seconds_sum", route="/synthesize") == pytest.approx(3.01)
    assert read_sample(metrics, "intone_stream_first_byte_seconds_count") == 1
    assert read_sample(metrics, "intone_rejected_total", code="busy") == 1


def test_known_label_values_start_at_zero_so_that_the_first_event_is_an_increase() -> None:
    metrics = Metrics()
    assert {read_sample(metrics, "intone_rejected_total", code=kind.code) for kind in ERRORS} == {0}
    assert read_sample(metrics, "intone_rejected_total", code="internal_error") == 0
    assert {read_sample(metrics, "intone_fallbacks_total", wanted=emotion.value) for emotion in Emotion} == {0}
    assert read_sample(metrics, "intone_utterances_total", emotion="disgust", source="fallback") == 0
    assert read_sample(metrics, "intone_stage_seconds_count", stage="vocoder") == 0


@given(st.lists(st.integers(1, 70)))
def test_make_histogram_matches_the_client_library(sizes: list[int]) -> None:
    bounds, registry = (1, 2, 4, 8, 64), CollectorRegistry()
    expected = Histogram("batch", "Sizes.", buckets=bounds, registry=registry)
    for size in sizes:
        expected.observe(size)
    histogram = make_histogram("batch", "Sizes.", bounds, Counter(sizes))
    for sample in histogram.samples:
        assert registry.get_sample_value(sample.name, sample.labels) == sample.value
    assert len(histogram.samples) == len(bounds) + 3
