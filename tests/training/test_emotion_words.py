"""Fitting the table of words of a classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.emotion import Classifier
from app.emotion.words import COLUMNS, CONSTANT, REGISTERS, read_terms
from app.training.emotion import run as emotion_run
from app.training.emotion import words as emotion_words
from app.training.emotion.rows import PASSAGES, TrainingRow
from app.types import Emotion
from tests.training.tiny_encoder import write_encoder, write_passages, write_table

MOODS = (("lovely", "joy"), ("awful", "sadness"))
"""The words of the passages that have an emotion."""
STORIES = ("Well.", "It was dark.")


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
    weights = dict(zip(COLUMNS, classifier.words.weights["lovely"], strict=True))
    for register in REGISTERS:
        assert max(Emotion, key=lambda one: weights[f"{register} {one}"]) is Emotion.JOY
    emotion_words.main([str(model), str(data)])  # a second fit does not build on the first one
    assert json.loads(capsys.readouterr().out) == printed


def test_terms_with_names_and_rare_terms_are_unknown() -> None:
    texts = ["We saw Milo, and it was good.", "So good, Milo!", "It was Milo.", "The milk is good."]
    names = emotion_words.find_names(texts)
    assert names == {"milo"}
    known = emotion_words.find_known([read_terms(text) for text in texts], names)
    assert list(known) == ["$", "^", "good"]


def test_weights_tell_registers_apart() -> None:
    joy, fear = (tuple(float(one is other) for other in Emotion) for one in (Emotion.JOY, Emotion.FEAR))
    rows = [TrainingRow(text, "", joy if text == "Well." else fear, None, PASSAGES) for text in STORIES * 9]
    rows += [TrainingRow("Lol, dark.", "", joy, None, "goemotions"), TrainingRow("Run.", "", fear, None, "xed")] * 9
    table = {term: dict(zip(COLUMNS, row, strict=True)) for term, row in emotion_words.fit_table(rows).items()}
    assert table["lol"]["posts"] > max(0, table["lol"]["stories"], table["lol"]["subtitles"])
    assert table["dark"]["stories fear"] > table["dark"]["stories joy"]
    assert table["dark"]["posts fear"] <= table["dark"]["posts joy"]
    assert {table[CONSTANT][one] for one in REGISTERS} != {0}


def test_each_source_has_its_weight() -> None:
    rows = [TrainingRow("", "", (), None, source) for source in (PASSAGES, "xed", "xed", "xed")]
    assert emotion_words.weigh(rows, {PASSAGES: 3.0, "xed": 1.0}).tolist() == pytest.approx([3 / 4, *[1 / 12] * 3])
