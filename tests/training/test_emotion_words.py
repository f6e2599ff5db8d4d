"""Fitting the table of words of a classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.emotion import Classifier
from app.training.emotion import run as emotion_run
from app.training.emotion import words as emotion_words
from app.types import Emotion
from tests.training.tiny_encoder import write_encoder, write_passages


def test_command_fits_words_without_changing_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_passages(tmp_path / "data")
    options = ["--encoder", str(write_encoder(tmp_path / "encoder")), "--steps", "2", "--learning-rate", "0.01"]
    emotion_run.main([str(data), str(tmp_path / "run"), *options, "--batch-size", "8"])
    model = tmp_path / "run" / "model"
    before, config = (model / "model.safetensors").read_bytes(), json.loads((model / "config.json").read_text())
    capsys.readouterr()
    emotion_words.main([str(model), str(data)])
    printed = json.loads(capsys.readouterr().out)
    assert (model / "model.safetensors").read_bytes() == before
    written = json.loads((model / "config.json").read_text())
    settings = {"words": printed["words"], "threshold": printed["threshold"]}
    assert written == {**config, "intone": {**config["intone"], **settings}}
    classifier = Classifier.load(model)
    assert classifier.words is not None and len(classifier.words.weights) == printed["terms"]
    weights = dict(zip(Emotion, classifier.words.weights["lovely"], strict=True))
    assert max(weights, key=lambda one: weights[one]) is Emotion.JOY
    emotion_words.main([str(model), str(data)])  # a second fit does not build on the first one
    assert json.loads(capsys.readouterr().out) == printed
