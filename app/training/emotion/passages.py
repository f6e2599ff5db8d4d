"""Evaluate a classifier on the labelled passages: `python -m app.training.emotion.passages MODEL DATA`.

MODEL is the folder of a classifier, DATA the folder `data/`; the figures are printed as JSON. Choices are made on the
dev split; the test split (`--split test`) is for the final evaluation only. A classifier that reads context receives
the preceding sentences with each sentence, any other the sentence alone.

As in the service, an emotion is voiced if it is the most probable of the seven and reaches the floor. It is voiced
correctly if it is the label or the second label of the sentence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.emotion import Classifier
from app.emotion.classifier import Excerpt, make_context
from app.planning.decide import StrengthRule, find_most_probable
from app.training.emotion.rows import EMOTIONS, MIN_CLEAR_INTENSITY, LabelledSentence, read_passages
from app.types import Assessment, Emotion

FLOOR = 0.4
FLOORS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
BINS = 10
STRONG_THRESHOLD = 0.5
"""Strength above which an emotion voiced in a neutral sentence is hard to miss."""
Figures = dict[str, Any]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassifierOutputs:
    """Outputs of a classifier for some sentences."""

    probabilities: Matrix
    """(sentences, 7)"""
    strengths: npt.NDArray[np.float64]
    """(sentences,), strength of the most probable emotion, regardless of the floor."""

    def select(self, places: npt.NDArray[np.bool_]) -> ClassifierOutputs:
        """Return the outputs for the sentences of a mask."""
        return ClassifierOutputs(self.probabilities[places], self.strengths[places])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the evaluation of a classifier."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    parser.add_argument("--floor", type=float, default=FLOOR, help="least probability of an emotion that is voiced")
    options = parser.parse_args(arguments)
    sentences = read_passages(options.data, split=options.split)
    report = measure_passages(sentences, classify_passages(options.model, sentences), options.floor)
    sys.stdout.write(json.dumps({"split": options.split, **report}, indent=1) + "\n")


def classify_passages(model: Path, sentences: Sequence[LabelledSentence]) -> ClassifierOutputs:
    """Run a classifier on sentences, with their context if it reads any."""
    classifier = Classifier.load(model)
    count = classifier.settings.context
    assessments = classifier.assess(
        [Excerpt(make_context(one.before[-count:] if count else ()), one.text) for one in sentences]
    )
    probabilities = np.array([[one.probabilities[emotion] for emotion in EMOTIONS] for one in assessments])
    return ClassifierOutputs(probabilities, np.array([compute_strength(one) for one in assessments]))


def compute_strength(assessment: Assessment) -> float:
    """Return the strength with which the most probable emotion is voiced; 0 for neutral."""
    emotion = find_most_probable(assessment.probabilities)
    return 0.0 if emotion is Emotion.NEUTRAL else StrengthRule(0.0).compute_strength(assessment, emotion)


def measure_passages(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs, floor: float) -> Figures:
    """Compute all figures of an evaluation."""
    genres = np.array([one.genre for one in sentences])
    by_genre: Figures = {}
    for genre in sorted(set(genres)):
        chosen = [one for one in sentences if one.genre == genre]
        by_genre[genre] = summarize(chosen, answers.select(genres == genre), floor)
    return {
        "floor": floor,
        **summarize(sentences, answers, floor),
        "f1": dict(zip(map(str, EMOTIONS), map(round_figure, compute_f1(sentences, answers)), strict=True)),
        "by_floor": {str(one): count_voiced(sentences, answers, one) for one in FLOORS},
        "by_genre": by_genre,
        "confusion": count_confusion(sentences, answers),
        "reliability": measure_reliability(sentences, answers),
        "strength": measure_strength(sentences, answers),
    }


def summarize(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs, floor: float) -> Figures:
    """Compute the figures by which classifiers are compared."""
    macro = float(np.mean(compute_f1(sentences, answers)))
    return {"sentences": len(sentences), "macro_f1": round_figure(macro), **count_voiced(sentences, answers, floor)}


def compute_f1(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs) -> list[float]:
    """Compute the F1 of each emotion, with the most probable one as the prediction."""
    got = answers.probabilities.argmax(1)
    labels = np.array([EMOTIONS.index(one.label) for one in sentences])
    return [f1_score(got == emotion, labels == emotion) for emotion in range(len(EMOTIONS))]


def f1_score(predicted: npt.NDArray[np.bool_], actual: npt.NDArray[np.bool_]) -> float:
    """Compute the harmonic mean of precision and recall."""
    hits = int((predicted & actual).sum())
    return 2 * hits / max(1, int(predicted.sum()) + int(actual.sum()))


def count_voiced(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs, floor: float) -> Figures:
    """Compute the shares of voiced, and of correctly voiced, sentences at a floor."""
    best = [EMOTIONS[place] for place in answers.probabilities.argmax(1)]
    reached = answers.probabilities.max(1) >= floor
    voiced = np.array([one is not Emotion.NEUTRAL for one in best], dtype=bool) & reached
    right = np.array([got in (one.label, one.second) for got, one in zip(best, sentences, strict=True)], dtype=bool)
    clear = np.array(
        [one.label is not Emotion.NEUTRAL and one.intensity >= MIN_CLEAR_INTENSITY for one in sentences], dtype=bool
    )
    plain = np.array([one.label is Emotion.NEUTRAL and one.second is None for one in sentences], dtype=bool)
    return {
        "clear_voiced_rightly": compute_fraction(voiced & right, clear),
        "voiced_that_are_right": compute_fraction(right, voiced),
        "neutral_voiced": compute_fraction(voiced, plain),
        "neutral_voiced_strongly": compute_fraction(voiced & (answers.strengths > STRONG_THRESHOLD), plain),
    }


def count_confusion(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs) -> dict[str, dict[str, int]]:
    """Count, for each label, how often each emotion is the most probable."""
    counts = {str(label): dict.fromkeys(map(str, EMOTIONS), 0) for label in EMOTIONS}
    for one, place in zip(sentences, answers.probabilities.argmax(1), strict=True):
        counts[str(one.label)][str(EMOTIONS[place])] += 1
    return counts


def measure_reliability(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs) -> Figures:
    """Compare the probability of the most probable emotion with how often it is the label."""
    sure = answers.probabilities.max(1)
    labels = np.array([EMOTIONS.index(one.label) for one in sentences])
    hits = answers.probabilities.argmax(1) == labels
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for place in range(BINS):
        inside = places == place
        if inside.any():
            mean, rate = float(sure[inside].mean()), float(hits[inside].mean())
            error += abs(mean - rate) * float(inside.mean())
            bins.append(
                {"sentences": int(inside.sum()), "probability": round_figure(mean), "right": round_figure(rate)}
            )
    likelihood = answers.probabilities[np.arange(len(labels)), labels]
    loss = -float(np.log(np.maximum(likelihood, 1e-12)).mean())
    return {
        "expected_calibration_error": round_figure(error),
        "negative_log_likelihood": round_figure(loss),
        "bins": bins,
    }


def measure_strength(sentences: Sequence[LabelledSentence], answers: ClassifierOutputs) -> Figures:
    """Compare strengths with labelled intensities: the mean strength per intensity, and the correlation."""
    labelled = np.array([one.intensity for one in sentences])
    means = {str(one): round_figure(float(answers.strengths[labelled == one].mean())) for one in sorted(set(labelled))}
    spread = answers.strengths.std() * labelled.std()
    product = float(((answers.strengths - answers.strengths.mean()) * (labelled - labelled.mean())).mean())
    return {"mean_by_intensity": means, "correlation": round_figure(product / max(1e-12, float(spread)))}


def compute_fraction(part: npt.NDArray[np.bool_], whole: npt.NDArray[np.bool_]) -> float | None:
    """Return the fraction of `whole` that is in `part`; None if `whole` is empty."""
    return round_figure(float((part & whole).sum() / whole.sum())) if whole.any() else None


def round_figure(value: float) -> float:
    """Round to the precision that the number of sentences supports."""
    return round(value, 3)


if __name__ == "__main__":
    main()
