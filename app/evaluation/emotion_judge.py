"""A judge that names the emotion of a clip from its prosody, against the neutral reading of the same text.

It knows the published facts of `emotion_facts.tsv` alone; it has learned nothing, least of all from the voices that it
judges. It may also answer "neutral": an emotion that changes little is not heard as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from app.evaluation.emotion_facts import Facts, Vector, read_facts
from app.evaluation.listening import Heard
from app.evaluation.measures import pitch_contour, resampled, trimmed
from app.evaluation.prosody import Features, features_of, subtract_features
from app.evaluation.recordings import Recording
from app.plan import Emotion


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


def judge_emotions(heard: Iterable[Heard], neutral: Iterable[Recording]) -> Iterator[Judged]:
    """Judge the emotional clips; `neutral` are the neutral readings of their texts, in the same order."""
    emotional = (one for one in heard if one.recording.group != Emotion.NEUTRAL)
    for one, reading in zip(emotional, neutral, strict=True):
        yield judge(one, reading)


def judge(heard: Heard, neutral: Recording) -> Judged:
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
