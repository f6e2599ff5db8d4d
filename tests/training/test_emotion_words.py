"""Fitting the table of words of a classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.emotion import Classifier
from app.emotion.words import read_terms
from app.training.emotion import run as emotion_run
from app.training.emotion import words as emotion_words
from app.training.emotion.rows import PASSAGES, TrainingRow
from app.types import Emotion
from tests.training.tiny_encoder import write_encoder, write_passages, write_table

MOODS = (("lovely", "joy"), ("awful", "sadness"))
"""The words of the passages that have an emotion."""


def test_command_fits_words_without_changing_the_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_passages(tmp_path / "data")
    lines = [("train", f"{text} {number}", label, "") for text, label in MOODS for number in range(3)]
    lines += [("dev", text, label, "") for text, label in MOODS]
    for source in ("goemotions", "xed"):
        write_table(data / f"{source}.tsv.gz", ("split", "text", "label7", "orig"), lines)
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


def test_terms_with_names_and_terms_of_one_source_are_unknown() -> None:
    texts = ["We saw Milo, and it was good.", "So good, Milo!", "It was Milo.", "The milk is good."]
    rows = [TrainingRow(text, "", (), None, source) for text in texts for source in (PASSAGES, "xed")]
    rows += [TrainingRow("A good kitten.", "", (), None, PASSAGES)] * 3
    names = emotion_words.find_names([one.text for one in rows])
    known = emotion_words.find_known(rows, [read_terms(one.text) for one in rows], names)
    assert names == {"milo"}
    assert known == ["$", ",", "^", "good", "good $", "it", "it was", "was"]


def test_each_source_has_its_weight() -> None:
    rows = [TrainingRow("", "", (), None, source) for source in (PASSAGES, "xed", "xed", "xed")]
    assert emotion_words.weigh(rows, {PASSAGES: 3.0, "xed": 1.0}).tolist() == pytest.approx([3 / 4, *[1 / 12] * 3])
