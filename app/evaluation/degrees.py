"""Measure whether the differences of each emotion to neutral grow with the degree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from app.evaluation.emotion_judge import Vector, read_facts
from app.evaluation.manner import Features, measure_prosody, subtract_features
from app.evaluation.page import render_document
from app.evaluation.recordings import Prompt, synthesize
from app.evaluation.report import compute_mean, group_by
from app.evaluation.tables import FigureTable
from app.synthesis.pipeline import Pipeline
from app.types import Emotion

DEGREES = (0.5, 1.0, 1.5)
UNITS = {"pitch": "st", "range": "st", "slope": "st", "ending": "st", "duration": "log", "tilt": "dB"}
"""Features and their units: those of the judge, with one spectral tilt for its seven bands."""
LOW_BANDS, HIGH_BANDS = ("250 Hz", "500 Hz"), ("2000 Hz", "3000 Hz", "4000 Hz")
"""Bands whose mean levels differ by the tilt."""
SIGNIFICANT_SHARE = 0.25
"""Share of a feature's spread between the emotions from which on a published difference is significant."""


@dataclass(frozen=True, slots=True)
class DegreeReading:
    """A sentence that was spoken with an emotion at a degree."""

    emotion: Emotion
    degree: float
    differences: Features
    """Differences to the neutral reading of the text with the same seed."""


def speak_degrees(pipeline: Pipeline, voice: str, sentences: Sequence[Prompt]) -> Iterator[DegreeReading]:
    """Speak each emotional sentence neutrally and at each degree, and measure the differences."""

    def measure(sentence: Prompt, degree: float) -> Features:
        speech = synthesize(pipeline, voice, sentence, degree)
        return add_tilt(measure_prosody(speech.samples, speech.sample_rate))

    for sentence in sentences:
        neutral = measure(replace(sentence, emotion=Emotion.NEUTRAL), 1.0)
        for degree in DEGREES:
            yield DegreeReading(sentence.emotion, degree, subtract_features(measure(sentence, degree), neutral))


def add_tilt(features: Features) -> dict[str, float]:
    """Return features with the spectral tilt, the level of high bands over that of low ones in dB."""
    high, low = (np.mean([features[name] for name in bands]) for bands in (HIGH_BANDS, LOW_BANDS))
    return {**features, "tilt": float(high - low)}


def read_directions(emotion: Emotion) -> dict[str, int]:
    """Return 1 or -1 for each feature by the published difference, half way to the strong reading; 0 if it is small."""
    facts = read_facts()
    published = (facts.normal[emotion] + facts.strong[emotion]) / 2
    tilts = [name_features(facts.features, facts.normal[one])["tilt"] for one in Emotion]
    spread = name_features(facts.features, facts.scale) | {"tilt": float(np.std(tilts))}
    differences = name_features(facts.features, published)
    return {
        name: int(np.sign(differences[name])) if abs(differences[name]) >= SIGNIFICANT_SHARE * spread[name] else 0
        for name in UNITS
    }


def name_features(names: Sequence[str], values: Vector) -> dict[str, float]:
    """Return published values by the names of their features, with the tilt."""
    return add_tilt(dict(zip(names, values.tolist(), strict=True)))


@dataclass(frozen=True, slots=True)
class DegreeReport:
    """Readings of sentences at all degrees."""

    subject: str
    readings: Sequence[DegreeReading]

    @property
    def means(self) -> Mapping[Emotion, Mapping[str, tuple[float, ...]]]:
        """Mean difference of each emotion and feature at each degree, over the clips in which it could be measured."""
        return {
            emotion: {
                name: tuple(
                    compute_mean([one.differences[name] for one in group if one.degree == degree]) for degree in DEGREES
                )
                for name in UNITS
            }
            for emotion, group in group_by(self.readings, lambda one: one.emotion).items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; `grows` is None for a feature without a significant published difference."""
        groups = {
            emotion: {
                name: {
                    "differences": [round(value, 4) if math.isfinite(value) else None for value in values],
                    "grows": grows(emotion, name, values),
                }
                for name, values in features.items()
            }
            for emotion, features in self.means.items()
        }
        return {"subject": self.subject, "degrees": DEGREES, "groups": groups}


def grows(emotion: Emotion, feature: str, values: Sequence[float]) -> bool | None:
    """Return whether differences grow from neutral on in the published direction; None if that is not significant."""
    direction = read_directions(emotion)[feature]
    if not direction:
        return None
    return all(direction * (after - before) > 0 for before, after in pairwise([0.0, *values]))


MARKS = {True: "yes", False: "no", None: "–"}


def tabulate_degrees(report: DegreeReport) -> FigureTable:
    """Make a row for each feature: mean differences at each degree, and whether they grow (a dash: no direction)."""
    means = report.means
    rows = [
        (f"{name}, {unit}", *(format_growth(emotion, name, features[name]) for emotion, features in means.items()))
        for name, unit in UNITS.items()
    ]
    return FigureTable((f"degrees {', '.join(map(str, DEGREES))}", *means), rows)


def format_growth(emotion: Emotion, feature: str, values: Sequence[float]) -> str:
    """Format the differences of a feature and whether they grow."""
    digits = 2 if UNITS[feature] == "log" else 1
    return " ".join((*(f"{value:+.{digits}f}" for value in values), MARKS[grows(emotion, feature, values)]))


def render_degree_page(report: DegreeReport) -> str:
    """Render the page with the table."""
    return render_document(
        report.subject,
        f"""<h2>Growth with the degree</h2>
{tabulate_degrees(report).render()}
<p>Mean differences to the neutral readings of the same texts, and whether they grow with the degree in the direction of
the published difference; a dash if that is small.</p>
""",
    )
