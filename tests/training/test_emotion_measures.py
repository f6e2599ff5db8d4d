"""The measures, on a classifier whose results are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from app.emotion import Classifier
from app.training.emotion.calibrate import (
    f1_score,
    find_voicing_threshold,
    measure_goemotions,
    measure_voicing,
    read_spoken,
    select_subtitles,
    store_threshold,
)
from app.training.emotion.rows import Example
from app.types import Emotion


class FakeClassifier:
    """A classifier that gives "joy 0.8" joy with the probability 0.8 and neutral with the rest."""

    def classify(self, texts: Sequence[str]) -> list[dict[Emotion, float]]:
        return [self.read(*text.split()) for text in texts]

    def read(self, name: str, value: str) -> dict[Emotion, float]:
        return dict.fromkeys(Emotion, 0.0) | {Emotion.NEUTRAL: 1 - float(value)} | {Emotion(name): float(value)}


CLASSIFIER = cast(Classifier, FakeClassifier())


def make_dev_example(text: str, label: Emotion) -> Example:
    return Example(text, (label,), "goemotions", "dev")


def test_f1_is_the_harmonic_mean() -> None:
    assert f1_score(np.array([True, True, False, False]), np.array([True, False, True, True])) == pytest.approx(2 / 5)
    assert f1_score(np.array([False]), np.array([False])) == 0


def test_the_threshold_lets_eight_percent_of_neutral_sentences_pass() -> None:
    neutral = [make_dev_example(f"joy {number / 100 + 0.005}", Emotion.NEUTRAL) for number in range(100)]
    assert find_voicing_threshold(CLASSIFIER, neutral) == 0.92
    emotional = [make_dev_example("joy 0.99", Emotion.JOY)] * 50
    assert find_voicing_threshold(CLASSIFIER, neutral + emotional) == 0.92


def test_class_thresholds_come_from_dev_and_scores_from_test() -> None:
    rows = [(f"{e} 0.9", (e,)) for e in Emotion] + [("fear 0.4", (Emotion.NEUTRAL,))]
    examples = [Example(text, labels, "goemotions", split) for split in ("dev", "test") for text, labels in rows]
    assert measure_goemotions(CLASSIFIER, examples)["macro_f1"] == 1
    wrong = [Example(e.text, (Emotion.ANGER,) if e.split == "test" else e.labels, e.source, e.split) for e in examples]
    assert measure_goemotions(CLASSIFIER, wrong)["f1"] == {str(e): 0.222 * (e is Emotion.ANGER) for e in Emotion}


def test_spoken_sentences_are_counted_at_the_threshold() -> None:
    rows = [
        ("joy 0.9", Emotion.NEUTRAL),
        ("joy 0.6", Emotion.NEUTRAL),
        ("joy 0.7", Emotion.JOY),
        ("fear 0.8", Emotion.JOY),
        ("joy 0.69", Emotion.JOY),
    ]
    assert measure_voicing(CLASSIFIER, rows, 0.7) == {
        "neutral_sentences": 2,
        "false_alarms": 0.5,
        "emotional_sentences": 3,
        "voiced": 0.667,
        "voiced_rightly": 0.5,
        "confusion": {"joy heard as fear": 1, "joy heard as neutral": 1},
    }


def test_subtitles_are_the_test_lines_with_one_label() -> None:
    examples = [
        Example("a", (Emotion.JOY,), "xed", "test"),
        Example("b", (Emotion.JOY, Emotion.FEAR), "xed", "test"),
        Example("c", (), "xed", "test"),
        Example("d", (Emotion.JOY,), "xed", "dev"),
        Example("e", (Emotion.JOY,), "goemotions", "test"),
    ]
    assert select_subtitles(examples) == [("a", Emotion.JOY)]


def test_the_spoken_list_is_balanced() -> None:
    rows = read_spoken(Path(__file__).parents[1] / "emotion" / "spoken_style.tsv")
    counts = {emotion: sum(label is emotion for _, label in rows) for emotion in Emotion}
    assert counts.pop(Emotion.NEUTRAL) >= 100
    assert min(counts.values()) >= 25
    assert len({text for text, _ in rows}) == len(rows) >= 260


def test_storing_the_threshold_keeps_the_rest_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    store_threshold(tmp_path, 0.75)
    assert json.loads((tmp_path / "config.json").read_text()) == {
        "model_type": "bert",
        "intone": {"version": "1", "threshold": 0.75},
    }
