"""Name the emotion of a clip from its prosody, relative to the neutral reading of the same text.

The judge uses only the published differences in `emotion_facts.tsv`; it is not trained, least of all on the voices that
it judges. It may also name "neutral": an emotion that changes little is not heard as one.
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
from app.evaluation.manner import BANDS, Features, measure_prosody, subtract_features
from app.evaluation.recordings import Recording
from app.types import Emotion

FACTS_FILE = Path(__file__).with_name("emotion_facts.tsv")
BAND_NAMES = tuple(f"{band} Hz" for band in BANDS)

Vector = npt.NDArray[np.float64]
"""One value for each feature, (features,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The published differences to neutral of each emotion's normal and strong readings."""

    features: tuple[str, ...]
    units: tuple[str, ...]
    groups: tuple[str, ...]
    """Group of each feature: pitch, movement, tempo or timbre."""
    normal: Mapping[Emotion, Vector]
    """Differences of all seven emotions at normal intensity; zero for neutral."""
    strong: Mapping[Emotion, Vector]
    scale: Vector
    """Standard deviation of each feature between the emotions."""


@cache
def read_facts() -> Facts:
    """Read `emotion_facts.tsv`."""
    with FACTS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    features = tuple(row["feature"] for row in rows)
    emotional = [emotion for emotion in Emotion if emotion is not Emotion.NEUTRAL]
    normal, strong = {Emotion.NEUTRAL: np.zeros(len(rows))}, {Emotion.NEUTRAL: np.zeros(len(rows))}
    for emotion in emotional:
        columns = f"{emotion} normal", f"{emotion} strong"
        normal[emotion] = center_levels([float(row[columns[0]]) for row in rows], features)
        strong[emotion] = center_levels([float(row[columns[1]] or row[columns[0]]) for row in rows], features)
    return Facts(
        features,
        units=tuple(row["unit"] for row in rows),
        groups=tuple(row["group"] for row in rows),
        normal=normal,
        strong=strong,
        scale=compute_spread(normal, strong, features),
    )


def center_levels(values: list[float], features: tuple[str, ...]) -> Vector:
    """Make the levels of the bands relative to the mean of the seven, as in measured clips.

    The table has them relative to the mean of a whole spectrum, which depends on the bandwidth.
    """
    vector = np.array(values)
    bands = np.isin(features, BAND_NAMES)
    vector[bands] -= vector[bands].mean()
    return vector


def compute_spread(
    normal: Mapping[Emotion, Vector], strong: Mapping[Emotion, Vector], features: tuple[str, ...]
) -> Vector:
    """Return the standard deviation of each feature between the seven emotions, pooled over both intensities.

    It replaces the spread of readers within one emotion, which the published means do not contain: a feature that
    hardly distinguishes emotions cannot outweigh one that does. The step from normal to strong is excluded, as it shows
    how intense an emotion is, not which one. The bands share one scale, so that a decibel counts the same in each.
    """
    variances = np.mean([np.var(list(centres.values()), axis=0) for centres in (normal, strong)], axis=0)
    bands = np.isin(features, BAND_NAMES)
    variances[bands] = variances[bands].mean()
    return np.asarray(np.sqrt(variances))


@dataclass(frozen=True, slots=True)
class EmotionJudgement:
    """An emotional clip and its distance to each emotion."""

    emotion: Emotion
    """Emotion that it was spoken with."""
    text: str
    differences: Features
    """Differences of its features to the neutral reading."""
    distances: Mapping[Emotion, float]
    """Distance to the published differences of each emotion."""

    @property
    def named(self) -> Emotion:
        """Nearest emotion, which the judge names."""
        return min(self.distances, key=lambda emotion: self.distances[emotion])


def judge_emotions(measurements: Iterable[Measurement], neutral: Iterable[Recording]) -> Iterator[EmotionJudgement]:
    """Compare each emotional clip with the neutral reading of its text, spoken with the same seed.

    The neutral readings are in the order of the clips.
    """
    emotional = (one for one in measurements if one.recording.group != Emotion.NEUTRAL)
    for one, reading in zip(emotional, neutral, strict=True):
        differences = subtract_features(one.prosody, measure_prosody(reading.samples, reading.sample_rate))
        distances = compute_distances(differences)
        yield EmotionJudgement(Emotion(one.recording.group), one.recording.text, differences, distances)


def compute_distances(differences: Features) -> dict[Emotion, float]:
    """Return the distance of a reading to each emotion.

    An emotion is the line segment from its normal to its strong reading, since either is correct. The unit of each axis
    is the spread between the emotions. The four groups of features have equal weights, and the features of a group
    share its weight, so that eight features of timbre do not outvote pitch. Features that could not be measured are
    left out.
    """
    facts = read_facts()
    values = np.array([differences[name] for name in facts.features])
    known = np.isfinite(values)
    axes = np.sqrt(compute_weights(facts, known)) / facts.scale
    place = np.where(known, values, 0.0) * axes
    return {
        emotion: compute_segment_distance(place, facts.normal[emotion] * axes, facts.strong[emotion] * axes)
        for emotion in Emotion
    }


def compute_weights(facts: Facts, known: np.typing.NDArray[np.bool_]) -> Vector:
    """Return the weight of each feature: zero if it is unknown, otherwise its share of its group's weight."""
    pairs = list(zip(facts.groups, known, strict=True))
    members = Counter(group for group, is_known in pairs if is_known)
    return np.array([1 / members[group] if is_known else 0.0 for group, is_known in pairs])


def compute_segment_distance(place: Vector, begin: Vector, end: Vector) -> float:
    """Return the distance of a point to the line segment between two others."""
    along = end - begin
    length = float(along @ along)
    share = float(np.clip((place - begin) @ along / length, 0, 1)) if length else 0.0
    return float(np.linalg.norm(place - begin - share * along))
