"""What was spoken: how much, with which emotions, how surely, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.plan import Emotion, PlanWarning, Source, Timings, Utterance

STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bounds of the buckets."""
REAL_TIME_FACTORS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5)
"""From 1 on a stream falls behind its listener."""
PROBABILITIES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)
"""The largest of seven is never under 1/7."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became known by speaking a request: the one value that its log line and the counters are made of."""

    utterances: Sequence[Utterance]
    warnings: Sequence[PlanWarning]
    characters: int
    """Code points that were sent, markup included."""
    seconds: float
    """Of audio."""
    timings: Timings
    """Those of its header, where it was whole when the header left."""


class SpeechMetrics:
    """Counts speech; safe between threads."""

    def __init__(self, here: CollectorRegistry) -> None:
        self._characters = Counter(
            "intone_characters", "Characters of what was spoken, markup included.", registry=here
        )
        self._audio = Counter("intone_audio_seconds", "Seconds of audio that were made.", registry=here)
        self._utterances = Counter(
            "intone_utterances",
            "Utterances that were spoken, by emotion and who chose it.",
            ["emotion", "source"],
            registry=here,
        )
        self._fallbacks = Counter(
            "intone_fallbacks", "Utterances whose emotion the voice lacks, by that emotion.", ["wanted"], registry=here
        )
        self._confidence = Histogram(
            "intone_classifier_confidence",
            "The classifier's largest probability for each utterance that it labelled.",
            buckets=PROBABILITIES,
            registry=here,
        )
        self._warnings = Counter("intone_warnings", "What was done other than asked, by code.", ["code"], registry=here)
        self._stages = Histogram(
            "intone_stage_seconds",
            "Seconds that a request spent in each stage.",
            ["stage"],
            buckets=STAGE_SECONDS,
            registry=here,
        )
        self._real_time = Histogram(
            "intone_real_time_factor",
            "Seconds of computing for a second of audio, by request.",
            buckets=REAL_TIME_FACTORS,
            registry=here,
        )
        self._begin_at_zero()

    def spoken(self, spoken: Spoken) -> None:
        """Count what was spoken for one request."""
        self._characters.inc(spoken.characters)
        self._audio.inc(spoken.seconds)
        for utterance in spoken.utterances:
            self._utterance(utterance)
        for warning in spoken.warnings:
            self._warnings.labels(warning.code).inc()
        self._cost(spoken.timings, spoken.seconds)

    def _utterance(self, utterance: Utterance) -> None:
        self._utterances.labels(utterance.emotion.value, utterance.source.value).inc()
        if utterance.lacking is not None:
            self._fallbacks.labels(utterance.lacking.value).inc()
        if utterance.probabilities is not None:
            self._confidence.observe(max(utterance.probabilities.values()))

    def _cost(self, timings: Timings, seconds: float) -> None:
        spent = {stage.name: getattr(timings, stage.name) / 1000 for stage in fields(timings)}
        for stage, value in spent.items():
            self._stages.labels(stage).observe(value)
        if seconds:
            self._real_time.observe((sum(spent.values()) - spent["queue"]) / seconds)

    def _begin_at_zero(self) -> None:
        """Or the first of a kind would be no increase."""
        for emotion, source in product(Emotion, Source):
            self._utterances.labels(emotion.value, source.value)
        for emotion in Emotion:
            self._fallbacks.labels(emotion.value)
        for stage in fields(Timings):
            self._stages.labels(stage.name)
