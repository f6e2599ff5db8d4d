"""Calibration: the temperature, and the weights that are divided by it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from app.emotion import Classifier
from app.emotion.classifier import Excerpt
from app.training.emotion import calibrate as emotion_calibrate
from app.training.emotion import run as emotion_run
from app.training.emotion.calibrate import find_emotional, find_temperature, find_threshold
from app.training.emotion.passages import classify_passages
from app.training.emotion.rows import read_passages
from tests.training.tiny_encoder import write_encoder, write_passages


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.0])
def test_find_temperature_recovers_the_temperature_of_the_labels(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 7, generator=generator)
    labels = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]
    assert find_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_calibrate_divides_the_logits_of_emotions_and_stretches_those_of_strength(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_passages(tmp_path / "data")
    options = ["--encoder", str(write_encoder(tmp_path / "encoder")), "--steps", "2", "--learning-rate", "0.01"]
    emotion_run.main([str(data), str(tmp_path / "run"), *options, "--batch-size", "8"])
    model, dev = tmp_path / "run" / "model", [one for one in read_passages(data) if one.split == "dev"]
    before, config = classify_passages(model, dev), json.loads((model / "config.json").read_text())
    intensities = read_intensities(model)
    monkeypatch.setattr(emotion_calibrate, "TEMPERATURES", (0.5,))
    emotion_calibrate.main([str(model), str(data)])
    written = json.loads((model / "config.json").read_text())
    threshold = written["intone"].pop("threshold")
    assert capsys.readouterr().out == f"temperature 0.5, threshold {threshold}\n"
    after = classify_passages(model, dev)
    squared = before.probabilities**2  # half the temperature doubles every logit
    assert np.allclose(after.probabilities, squared / squared.sum(1, keepdims=True), atol=2e-3)
    # The logits of the strength are stretched, all by the same factor.
    distance, stretched = (
        np.ptp(np.log(np.array(one) / (1 - np.array(one)))) for one in (intensities, read_intensities(model))
    )
    assert stretched == pytest.approx(emotion_calibrate.STRENGTH_STRETCH * distance, rel=0.05)
    assert written == config
    assert Classifier.load(model).settings.threshold == threshold


def read_intensities(model: Path) -> list[float]:
    assessments = Classifier.load(model).assess([Excerpt("", text) for text in ("good thing", "awful day")])
    return [one.intensity for one in assessments if one.intensity is not None]


def test_find_threshold_voices_few_of_the_neutral_sentences() -> None:
    neutral = torch.tensor([0.0] * 17 + [0.55, 0.65, 0.75])
    assert find_threshold(neutral) == 0.56  # two of twenty are fewer than 14 %, three are not
    assert find_threshold(torch.cat([neutral, torch.zeros(10)])) == 0.2


def test_find_emotional_is_zero_for_neutral_sentences() -> None:
    rows = torch.tensor([[0.6, 0.4, 0, 0, 0, 0, 0], [0.3, 0.1, 0.6, 0, 0, 0, 0]])
    assert find_emotional(rows).tolist() == pytest.approx([0.0, 0.6])
