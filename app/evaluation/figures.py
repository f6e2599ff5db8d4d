"""Measures of many recordings -> the figures of their group, with how far they can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from app.evaluation.listening import Heard
from app.evaluation.measures import Manner
from app.plan import Emotion

RESAMPLES = 2000
BASELINE = Emotion.NEUTRAL.value
"""The group that the others are compared with."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a group of recordings is worth."""

    recordings: int
    wer: float
    """Word error rate: errors of all sentences by words of all sentences, in percent."""
    wer_interval: tuple[float, float]
    """Within it lies the word error rate with 95 %."""
    mos: float
    """Mean of the predicted opinion scores, 1 to 5."""
    mos_error: float | None
    """Standard error of that mean; None for a single recording."""
    real_time_factor: float | None
    """Computing time for a second of speech, lower is better; None for recordings that were not spoken here."""
    manner: Manner
    """Means."""
    difference: Manner | None = None
    """Means less those of the neutral group; None for that group, and where there is none."""


def figures_by_group(heard: Sequence[Heard]) -> dict[str, Figures]:
    """The figures of each group, in the order in which the groups appear."""
    names = dict.fromkeys(one.recording.group for one in heard)
    groups = {name: [one for one in heard if one.recording.group == name] for name in names}
    base = mean_manner(groups[BASELINE]) if BASELINE in groups else None
    return {name: figures(group, base if name != BASELINE else None) for name, group in groups.items()}


def figures(heard: Sequence[Heard], base: Manner | None = None) -> Figures:
    """The figures of some recordings, compared with the neutral manner `base`."""
    errors, words = [one.errors for one in heard], [one.words for one in heard]
    scores = np.array([one.mos for one in heard])
    means = mean_manner(heard)
    return Figures(
        recordings=len(heard),
        wer=100 * sum(errors) / sum(words),
        wer_interval=wer_interval(errors, words),
        mos=float(scores.mean()),
        mos_error=float(scores.std(ddof=1) / math.sqrt(len(scores))) if len(scores) > 1 else None,
        real_time_factor=real_time_factor(heard),
        manner=means,
        difference=subtract(means, base) if base else None,
    )


def wer_interval(errors: Sequence[int], words: Sequence[int]) -> tuple[float, float]:
    """95 % percentile bootstrap over sentences (Bisani and Ney 2004, doi 10.1109/ICASSP.2004.1326009), in percent.

    Sentences are drawn, not words: the errors of one sentence come together.
    """
    drawn = np.random.default_rng(0).integers(len(words), size=(RESAMPLES, len(words)))
    rates = 100 * np.array(errors)[drawn].sum(axis=1) / np.array(words)[drawn].sum(axis=1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return float(low), float(high)


def real_time_factor(heard: Sequence[Heard]) -> float | None:
    """Computing time of all by length of all."""
    spent = [one.recording.computing_seconds for one in heard if one.recording.computing_seconds is not None]
    return sum(spent) / sum(one.recording.seconds for one in heard) if len(spent) == len(heard) else None


def mean_manner(heard: Sequence[Heard]) -> Manner:
    """The mean of each measure, over the recordings in which it could be told."""
    columns = np.array([astuple(one.manner) for one in heard]).T
    told = [column[~np.isnan(column)] for column in columns]
    return Manner(*(float(values.mean()) if len(values) else math.nan for values in told))


def subtract(one: Manner, other: Manner) -> Manner:
    """Measure by measure."""
    return Manner(*(a - b for a, b in zip(astuple(one), astuple(other), strict=True)))
