"""Compute the statistics of groups of recordings and hold the results of an evaluation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from operator import sub
from typing import Any, TypeVar

import numpy as np

from app.evaluation.emotion_judge import EmotionJudgement
from app.evaluation.listening import Measurement
from app.evaluation.manner import AcousticMeasures, Features
from app.types import Emotion

BOOTSTRAP_SAMPLES = 2000
BASELINE = Emotion.NEUTRAL.value
"""Group that the others are compared with."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of a group of recordings."""

    recordings: int
    wer: float
    """Word error rate in percent: errors in all sentences divided by words of all sentences."""
    wer_interval: tuple[float, float]
    """95 % confidence interval of the word error rate, in percent."""
    mos: float
    """Mean of the predicted mean opinion scores, 1 to 5."""
    mos_error: float | None
    """Standard error of `mos`; None for a single recording."""
    real_time_factor: float | None
    """Computing time per second of speech, lower is better; None for recordings read from files."""
    manner: AcousticMeasures
    """Means over the recordings."""
    difference: AcousticMeasures | None = None
    """Means minus those of the neutral group; None for that group and if there is none."""


Item = TypeVar("Item")
Key = TypeVar("Key")


def group_by(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Return the items of each key, in the order in which the keys appear."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def compute_group_statistics(measurements: Sequence[Measurement]) -> dict[str, Statistics]:
    """Compute the statistics of each group, in the order in which the groups appear."""
    groups = group_by(measurements, lambda one: one.recording.group)
    base = average_manner(groups[BASELINE]) if BASELINE in groups else None
    return {name: compute_statistics(group, base if name != BASELINE else None) for name, group in groups.items()}


def compute_statistics(measurements: Sequence[Measurement], base: AcousticMeasures | None = None) -> Statistics:
    """Compute the statistics of recordings, compared with the neutral manner `base` if given."""
    errors, words = [one.errors for one in measurements], [one.words for one in measurements]
    scores = np.array([one.mos for one in measurements])
    means = average_manner(measurements)
    known = [one.recording.computing_seconds for one in measurements if one.recording.computing_seconds is not None]
    spent = known if len(known) == len(measurements) else []
    return Statistics(
        recordings=len(measurements),
        wer=100 * sum(errors) / sum(words),
        wer_interval=compute_wer_interval(errors, words),
        mos=float(scores.mean()),
        mos_error=float(scores.std(ddof=1) / math.sqrt(len(scores))) if len(scores) > 1 else None,
        real_time_factor=sum(spent) / sum(one.recording.seconds for one in measurements) if spent else None,
        manner=means,
        difference=AcousticMeasures(*map(sub, astuple(means), astuple(base))) if base else None,
    )


def compute_wer_interval(errors: Sequence[int], words: Sequence[int]) -> tuple[float, float]:
    """Compute the 95 % confidence interval of the word error rate, in percent.

    The percentile bootstrap (Bisani and Ney 2004, doi 10.1109/ICASSP.2004.1326009) draws sentences, not words, because
    the errors within one sentence depend on each other.
    """
    drawn = np.random.default_rng(0).integers(len(words), size=(BOOTSTRAP_SAMPLES, len(words)))
    rates = 100 * np.array(errors)[drawn].sum(axis=1) / np.array(words)[drawn].sum(axis=1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return float(low), float(high)


def average_manner(measurements: Sequence[Measurement]) -> AcousticMeasures:
    """Return the mean of each measure over the recordings in which it could be measured."""
    return AcousticMeasures(*map(compute_mean, zip(*(astuple(one.manner) for one in measurements), strict=True)))


def compute_mean(values: Sequence[float]) -> float:
    """Return the mean of the values that are numbers; NaN if there are none."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


@dataclass(frozen=True, slots=True)
class EmotionStatistics:
    """Results of the emotion judge for the clips of one emotion."""

    clips: int
    right: float
    """Percentage of clips that the judge named correctly."""
    right_interval: tuple[float, float]
    """95 % confidence interval of `right`, by a bootstrap over sentences."""
    named: Mapping[Emotion, int]
    """Number of clips that the judge assigned to each emotion: a row of the confusion matrix."""
    differences: Features
    """Mean differences to the neutral readings, over the clips in which they could be measured."""


@dataclass(frozen=True, slots=True)
class EmotionReport:
    """Judgements of all emotional clips; empty if only neutral was spoken or the recordings were read from files."""

    judged: Sequence[EmotionJudgement] = ()

    @property
    def groups(self) -> dict[Emotion, EmotionStatistics]:
        """Statistics of each emotion, in the order in which the emotions appear."""
        groups = group_by(self.judged, lambda one: one.emotion)
        return {name: compute_emotion_statistics(judged) for name, judged in groups.items()}

    @property
    def mean(self) -> float:
        """Mean percentage of correctly named clips over the emotions."""
        return float(np.mean([one.right for one in self.groups.values()]))

    @property
    def worst(self) -> Emotion:
        """Emotion with the lowest percentage of correctly named clips."""
        groups = self.groups
        return min(groups, key=lambda name: groups[name].right)

    def to_dict(self) -> dict[str, Any] | None:
        """Return plain values for JSON; None if nothing was judged."""
        if not self.judged:
            return None
        groups, worst = self.groups, self.worst
        return {
            "groups": {name: asdict(one) for name, one in groups.items()},
            "mean": self.mean,
            "worst": {"emotion": worst, "right": groups[worst].right},
            "clips": [asdict(one) | {"named": one.named} for one in self.judged],
        }


def compute_emotion_statistics(judged: Sequence[EmotionJudgement]) -> EmotionStatistics:
    """Compute the statistics of the clips of one emotion."""
    right = [int(one.named == one.emotion) for one in judged]
    named = Counter(one.named for one in judged)
    return EmotionStatistics(
        clips=len(judged),
        right=100 * sum(right) / len(right),
        right_interval=compute_wer_interval(right, [1] * len(right)),
        named={emotion: named[emotion] for emotion in Emotion},
        differences={name: compute_mean([one.differences[name] for one in judged]) for name in judged[0].differences},
    )


@dataclass(frozen=True, slots=True)
class Report:
    """All results of an evaluation."""

    subject: str
    """Name of the voice or of the list of recordings."""
    measurements: Sequence[Measurement]
    emotions: EmotionReport = field(default_factory=EmotionReport)

    @property
    def groups(self) -> Mapping[str, Statistics]:
        """Statistics of each group."""
        return compute_group_statistics(self.measurements)

    @property
    def total(self) -> Statistics:
        """Statistics of all recordings together."""
        return compute_statistics(self.measurements)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None for what could not be measured."""
        return {
            "subject": self.subject,
            "groups": _to_json_value({name: asdict(one) for name, one in self.groups.items()}),
            "total": _to_json_value(asdict(self.total)),
            "emotions": _to_json_value(self.emotions.to_dict()),
            "recordings": _to_json_value([_measurement_to_dict(one) for one in self.measurements]),
        }


def _measurement_to_dict(measurement: Measurement) -> dict[str, Any]:
    recording = measurement.recording
    return {
        "group": recording.group,
        "text": recording.text,
        "understood": measurement.understood,
        "words": measurement.words,
        "errors": measurement.errors,
        "mos": measurement.mos,
        "seconds": recording.seconds,
        "computing_seconds": recording.computing_seconds,
        "manner": asdict(measurement.manner),
        "prosody": dict(measurement.prosody),
    }


def _to_json_value(value: Any) -> Any:
    """Round numbers to four decimals and replace NaN and infinity, which JSON lacks, with None."""
    if isinstance(value, dict):
        return {name: _to_json_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json_value(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
