"""Calibration: the temperature, and the weights that are divided by it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from app.training import emotion_calibrate, emotion_run
from app.training.emotion_calibrate import find_temperature
from app.training.emotion_passages import answer
from app.training.passages import read_passages
from tests.training.tiny_encoder import write_encoder, write_passages


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.0])
def test_find_temperature_finds_the_one_by_which_labels_were_drawn(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 7, generator=generator)
    labels = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]
    assert find_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_calibrate_divides_the_logits_of_the_emotions_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_passages(tmp_path / "data")
    options = ["--encoder", str(write_encoder(tmp_path / "encoder")), "--steps", "2", "--learning-rate", "0.01"]
    emotion_run.main([str(data), str(tmp_path / "run"), *options, "--batch-size", "8"])
    model, dev = tmp_path / "run" / "model", [one for one in read_passages(data) if one.split == "dev"]
    before, config = answer(model, dev), json.loads((model / "config.json").read_text())
    monkeypatch.setattr(emotion_calibrate, "TEMPERATURES", (0.5,))
    emotion_calibrate.main([str(model), str(data)])
    assert capsys.readouterr().out == "temperature 0.5\n"
    after = answer(model, dev)
    squared = before.probabilities**2  # half the temperature doubles every logit
    assert np.allclose(after.probabilities, squared / squared.sum(1, keepdims=True), atol=2e-3)
    assert before.strengths is not None and after.strengths is not None
    assert np.allclose(before.strengths, after.strengths, atol=1e-3)
    assert json.loads((model / "config.json").read_text()) == config
