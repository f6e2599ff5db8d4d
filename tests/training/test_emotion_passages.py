"""The measures on passages, for known outputs of a classifier."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.training.emotion import passages as emotion_passages
from app.training.emotion import run as emotion_run
from app.training.emotion.passages import (
    ClassifierOutputs,
    classify_passages,
    count_voiced,
    measure_passages,
    measure_reliability,
)
from app.training.emotion.rows import EMOTIONS, LabelledSentence, read_passages
from app.types import Emotion
from tests.training.tiny_encoder import write_encoder, write_passages

SHIPPED = Path(__file__).parents[2] / "models" / "emotion" / "minilm-ekman"
NEUTRAL, JOY, FEAR = Emotion.NEUTRAL, Emotion.JOY, Emotion.FEAR


def make_sentence(
    label: Emotion, second: Emotion | None = None, intensity: int = 2, genre: str = "games"
) -> LabelledSentence:
    return LabelledSentence("dev", genre, "p", "x", label, second, intensity * (label is not NEUTRAL), ())


def make_outputs(*sure: tuple[Emotion, float], strengths: list[float] | None = None) -> ClassifierOutputs:
    """Make outputs that give one emotion a probability; the other six share the rest."""
    rows = [[value if one is emotion else (1 - value) / 6 for one in EMOTIONS] for emotion, value in sure]
    return ClassifierOutputs(np.array(rows), np.array(strengths or [1.0] * len(rows)))


def test_count_voiced_follows_the_definitions() -> None:
    sentences = [
        make_sentence(JOY),
        make_sentence(JOY, FEAR),
        make_sentence(JOY),
        make_sentence(JOY, intensity=1),
        make_sentence(NEUTRAL),
        make_sentence(NEUTRAL),
        make_sentence(NEUTRAL, FEAR),
    ]
    outputs = make_outputs(
        (JOY, 0.9), (FEAR, 0.9), (JOY, 0.35), (FEAR, 0.9), (JOY, 0.9), (NEUTRAL, 0.9), (FEAR, 0.9), strengths=[0.6] * 7
    )
    assert count_voiced(sentences, outputs, 0.4) == {
        "clear_voiced_rightly": 0.667,  # the third is under the floor, the fourth is slight
        "voiced_that_are_right": 0.6,  # the seventh is right by its second label
        "neutral_voiced": 0.5,  # the seventh may be heard as fear
        "neutral_voiced_strongly": 0.5,
    }
    assert count_voiced(sentences, outputs, 0.3)["clear_voiced_rightly"] == 1.0


def test_count_voiced_has_no_share_of_an_empty_set() -> None:
    assert count_voiced([make_sentence(NEUTRAL)], make_outputs((NEUTRAL, 0.9)), 0.4) == {
        "clear_voiced_rightly": None,
        "voiced_that_are_right": None,
        "neutral_voiced": 0.0,
        "neutral_voiced_strongly": 0.0,
    }


def test_weak_false_alarms_are_not_counted_as_strong() -> None:
    outputs = make_outputs((JOY, 0.9), (FEAR, 0.9), strengths=[0.4, 0.6])
    report = count_voiced([make_sentence(NEUTRAL)] * 2, outputs, 0.4)
    assert (report["neutral_voiced"], report["neutral_voiced_strongly"]) == (1.0, 0.5)


def test_reliability_compares_probability_and_frequency() -> None:
    outputs = make_outputs((JOY, 0.95), (JOY, 0.95), (FEAR, 0.55), (FEAR, 0.55))
    report = measure_reliability([make_sentence(one) for one in (JOY, JOY, FEAR, JOY)], outputs)
    assert report["bins"] == [
        {"sentences": 2, "probability": 0.55, "right": 0.5},
        {"sentences": 2, "probability": 0.95, "right": 1.0},
    ]
    assert report["expected_calibration_error"] == pytest.approx(0.05)


def test_measure_passages_reports_by_genre_and_class() -> None:
    sentences = [make_sentence(JOY), make_sentence(FEAR, intensity=3), make_sentence(NEUTRAL, genre="drama")]
    outputs = make_outputs((JOY, 0.9), (JOY, 0.9), (NEUTRAL, 0.9), strengths=[0.6, 0.9, 0.1])
    report = measure_passages(sentences, outputs, 0.4)
    assert report["macro_f1"] == pytest.approx((1 + 2 / 3) / 7, abs=1e-3)
    assert report["f1"] == {str(one): {NEUTRAL: 1.0, JOY: 0.667}.get(one, 0.0) for one in Emotion}
    by_genre, confusion, strength = (report[name] for name in ("by_genre", "confusion", "strength"))
    assert isinstance(by_genre, dict) and isinstance(confusion, dict) and isinstance(strength, dict)
    assert by_genre["games"]["clear_voiced_rightly"] == 0.5
    assert by_genre["drama"]["neutral_voiced"] == 0.0
    assert confusion["fear"] == {str(one): int(one is JOY) for one in Emotion}
    assert strength["mean_by_intensity"] == {"0": 0.1, "2": 0.6, "3": 0.9}
    assert strength["correlation"] > 0.9


def test_classify_passages_reads_the_context_only_if_the_classifier_does(tmp_path: Path) -> None:
    sentences = [
        LabelledSentence("dev", "games", "p", "I am so happy!", JOY, None, 3, before) for before in ((), ("No.",))
    ]
    assert not np.array_equal(*classify_passages(SHIPPED, sentences).probabilities)
    alone = shutil.copytree(SHIPPED, tmp_path / "alone")
    config = json.loads((alone / "config.json").read_text())
    (alone / "config.json").write_text(json.dumps({**config, "intone": {"version": "2"}}))
    outputs = classify_passages(alone, sentences)
    assert EMOTIONS[outputs.probabilities[0].argmax()] is JOY
    assert np.array_equal(outputs.probabilities[0], outputs.probabilities[1])


def test_command_measures_a_classifier_with_context_on_the_dev_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_passages(tmp_path / "data")
    options = ["--encoder", str(write_encoder(tmp_path / "encoder")), "--steps", "2", "--learning-rate", "0.01"]
    emotion_run.main([str(data), str(tmp_path / "run"), *options, "--batch-size", "8"])
    emotion_passages.main([str(tmp_path / "run" / "model"), str(data)])
    report = json.loads(capsys.readouterr().out)
    assert (report["split"], report["sentences"]) == ("dev", 16)
    assert set(report["by_genre"]) == {"fiction"}
    dev = [one for one in read_passages(data) if one.split == "dev"]
    again = measure_passages(dev, classify_passages(tmp_path / "run" / "model", dev), emotion_passages.FLOOR)
    assert report["reliability"] == again["reliability"]
    assert report["strength"] == again["strength"]
