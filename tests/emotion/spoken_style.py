"""Labelled sentences of spoken language, and how well a classifier voices them."""

from __future__ import annotations

from pathlib import Path

from app.emotion import Classifier
from app.types import Emotion


def read_spoken() -> list[tuple[str, Emotion]]:
    """Read sentences with one label each."""
    rows = (line.split("\t") for line in Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines())
    return [(text, Emotion(label)) for text, label in rows]


def measure_voicing(classifier: Classifier) -> dict[str, float]:
    """Return the shares of neutral and of emotional sentences voiced, and of the latter those voiced correctly."""
    rows = read_spoken()
    pairs = []
    for (_, label), scores in zip(rows, classifier.classify([text for text, _ in rows]), strict=True):
        best = max(scores, key=lambda emotion: scores[emotion])
        reached = scores[best] >= (classifier.settings.threshold or 0.0)
        pairs.append((label, best if reached else Emotion.NEUTRAL))
    neutral = [spoken for label, spoken in pairs if label is Emotion.NEUTRAL]
    emotional = [(label, spoken) for label, spoken in pairs if label is not Emotion.NEUTRAL]
    voiced = [label is spoken for label, spoken in emotional if spoken is not Emotion.NEUTRAL]
    return {
        "false_alarms": sum(spoken is not Emotion.NEUTRAL for spoken in neutral) / len(neutral),
        "voiced": len(voiced) / len(emotional),
        "voiced_rightly": sum(voiced) / len(voiced),
    }
