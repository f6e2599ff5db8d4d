"""What is known of how emotions change the prosody of a text: the table `emotion_facts.tsv`.

Differences between emotional readings and the same actress's neutral reading of the same sentence, as means over the
twelve actresses of RAVDESS (Livingstone and Russo 2018, doi 10.1371/journal.pone.0196391, CC BY-NC-SA 4.0), at "normal"
and at "strong" intensity. Only these aggregated figures are used; no recording is, nor anything that was learned from
one. Where an emotion has a single figure, it stands for both intensities. The units are those of `features_of`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.evaluation.timbre import BANDS
from app.plan import Emotion

FILE = Path(__file__).with_name("emotion_facts.tsv")
BAND_NAMES = tuple(f"{band} Hz" for band in BANDS)

Vector = npt.NDArray[np.float64]
"""A value for each feature, (features,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The table: for each emotion where its normal and its strong readings lie, as differences to neutral."""

    features: tuple[str, ...]
    units: tuple[str, ...]
    groups: tuple[str, ...]
    """Which features tell of the same thing: pitch, movement, tempo or timbre."""
    normal: Mapping[Emotion, Vector]
    """All seven emotions; neutral differs in nothing."""
    strong: Mapping[Emotion, Vector]
    scale: Vector
    """How far the emotions lie apart in each feature."""


@cache
def read_facts() -> Facts:
    """Read the table."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    features = tuple(row["feature"] for row in rows)
    emotional = [emotion for emotion in Emotion if emotion is not Emotion.NEUTRAL]
    nothing = {Emotion.NEUTRAL: np.zeros(len(rows))}
    normal = nothing | {
        emotion: relative_levels([float(row[f"{emotion} normal"]) for row in rows], features) for emotion in emotional
    }
    strong = nothing | {
        emotion: relative_levels(
            [float(row[f"{emotion} strong"] or row[f"{emotion} normal"]) for row in rows], features
        )
        for emotion in emotional
    }
    return Facts(
        features,
        units=tuple(row["unit"] for row in rows),
        groups=tuple(row["group"] for row in rows),
        normal=normal,
        strong=strong,
        scale=spread(normal, strong, features),
    )


def relative_levels(values: list[float], features: tuple[str, ...]) -> Vector:
    """Make the levels of the bands relative to the mean of the seven, as clips are measured.

    The table has them relative to the mean of a whole spectrum, which would depend on how wide that was.
    """
    vector = np.array(values)
    bands = np.isin(features, BAND_NAMES)
    vector[bands] -= vector[bands].mean()
    return vector


def spread(normal: Mapping[Emotion, Vector], strong: Mapping[Emotion, Vector], features: tuple[str, ...]) -> Vector:
    """Return the standard deviation of each feature between the seven emotions, pooled over both intensities.

    It takes the place of the spread of readers within one emotion, which the means do not tell: a feature that hardly
    tells emotions apart cannot outweigh one that does. The step from normal to strong is not in it, as it tells how
    much of an emotion there is, not which. A decibel is as much in one band as in another: they share one scale.
    """
    variances = np.mean([np.var(list(centres.values()), axis=0) for centres in (normal, strong)], axis=0)
    bands = np.isin(features, BAND_NAMES)
    variances[bands] = variances[bands].mean()
    return np.asarray(np.sqrt(variances))
