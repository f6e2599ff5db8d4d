"""A judge that names the emotion of a clip from its prosody, against the neutral reading of the same text.

It knows the published facts of `emotion_facts.tsv` alone; it has learned nothing, least of all from the voices that it
judges. It may also answer "neutral": an emotion that changes little is not heard as one.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.evaluation.listening import Measurement
from app.evaluation.manner import BANDS, Features, features_of, pitch_contour, resampled, subtract_features, trimmed
from app.evaluation.recordings import Recording
from app.types import Emotion

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


@dataclass(frozen=True, slots=True)
class Judged:
    """An emotional clip and what the judge made of it."""

    emotion: Emotion
    """With which it was spoken."""
    text: str
    differences: Features
    """To the neutral reading."""
    distances: Mapping[Emotion, float]
    """To what is known of each emotion."""

    @property
    def named(self) -> Emotion:
        """The nearest emotion."""
        return min(self.distances, key=lambda emotion: self.distances[emotion])


def judge_emotions(heard: Iterable[Measurement], neutral: Iterable[Recording]) -> Iterator[Judged]:
    """Judge the emotional clips; `neutral` are the neutral readings of their texts, in the same order."""
    emotional = (one for one in heard if one.recording.group != Emotion.NEUTRAL)
    for one, reading in zip(emotional, neutral, strict=True):
        yield judge(one, reading)


def judge(heard: Measurement, neutral: Recording) -> Judged:
    """Compare a clip with the neutral reading of its text, spoken with the same seed."""
    speech = trimmed(resampled(neutral.samples, neutral.sample_rate))
    differences = subtract_features(heard.prosody, features_of(speech, pitch_contour(speech)))
    return Judged(Emotion(heard.recording.group), heard.recording.text, differences, distances(differences))


def distances(differences: Features) -> dict[Emotion, float]:
    """Return how far a reading lies from each emotion.

    An emotion is not a point but the line from its normal to its strong reading: either is right. Along the axes, one
    is the spread between the emotions. The four groups of features weigh the same, and the features of a group share
    its weight, so that eight figures of the timbre do not outvote the pitch. What could not be measured is left out.
    """
    facts = read_facts()
    values = np.array([differences[name] for name in facts.features])
    known = np.isfinite(values)
    axes = np.sqrt(weights(facts, known)) / facts.scale
    place = np.where(known, values, 0.0) * axes
    return {
        emotion: distance_to_line(place, facts.normal[emotion] * axes, facts.strong[emotion] * axes)
        for emotion in Emotion
    }


def weights(facts: Facts, known: np.typing.NDArray[np.bool_]) -> Vector:
    """Return the weight of each feature: zero where it is unknown, else its share of its group."""
    members = Counter(group for group, told in zip(facts.groups, known, strict=True) if told)
    return np.array([told / members[group] if told else 0.0 for group, told in zip(facts.groups, known, strict=True)])


def distance_to_line(place: Vector, begin: Vector, end: Vector) -> float:
    """Return the distance of a place to the nearest point between two others."""
    along = end - begin
    length = float(along @ along)
    share = float(np.clip((place - begin) @ along / length, 0, 1)) if length else 0.0
    return float(np.linalg.norm(place - begin - share * along))
