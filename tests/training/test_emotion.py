"""The training loop, with a tiny encoder."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
import torch
from transformers import BertModel

from app.emotion import Classifier
from app.training.emotion import single as emotion
from app.training.emotion.rows import EMOTIONS, Example
from app.types import Emotion
from tests.training.tiny_encoder import write_encoder


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """Write an untrained BERT of one tiny layer."""
    return write_encoder(tmp_path / "encoder")


def write_data(folder: Path) -> Path:
    """Write sentences whose first word determines the emotion; every dev sentence differs from those of train."""
    folder.mkdir()
    rows = ["split\ttext\tlabel7\torig"]
    for number in range(160):
        ending = " thing" * (number % 8)
        rows += [f"train\tlovely day{ending}\tjoy\t", f"train\tthing{ending}\tneutral\t"]
    rows += ["dev\tlovely thing\tjoy\t", "dev\tthing day\tneutral\t", "test\tgood day\tjoy\t", "train\tbad\t\ttrust"]
    for name in ("goemotions", "xed"):
        (folder / f"{name}.tsv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    return folder


def test_training_learns_and_saves_a_classifier_that_the_service_loads(
    tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emotion, "LEARNING_RATE", 0.01)
    monkeypatch.setattr(emotion, "EPOCHS", 10)
    monkeypatch.setattr(emotion, "SEEDS", (1, 2))
    emotion.fine_tune(encoder, write_data(tmp_path / "data"), tmp_path / "out")
    trained = Classifier.load(tmp_path / "out")
    joyful, plain = trained.classify(["lovely day thing thing", "thing thing"])
    assert joyful[Emotion.JOY] > 0.6
    assert plain[Emotion.NEUTRAL] > 0.6
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["dtype"] == "float16"
    assert config["intone"]["threshold"] == trained.settings.threshold


def test_word_embeddings_are_unchanged(tmp_path: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emotion, "SEEDS", (1,))
    emotion.fine_tune(encoder, write_data(tmp_path / "data"), tmp_path / "out")
    before = BertModel.from_pretrained(encoder).embeddings.word_embeddings.weight
    after = Classifier.load(tmp_path / "out").model.bert.embeddings.word_embeddings.weight
    assert torch.equal(before.half(), after.half())


def test_a_missing_package_is_refused_with_the_option_to_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="--encoder"):
        emotion.find_packaged_encoder()


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [emotion.scale_rate(step, 1000) for step in range(1000)]
    assert max(rates) == rates[59] == 1
    assert rates[:60] == sorted(rates[:60])
    assert rates[60:] == sorted(rates[60:], reverse=True)
    assert 0 < rates[-1] < 0.01


def test_every_epoch_has_every_sentence_once_in_batches_of_similar_length() -> None:
    examples = [
        Example("x" * (number % 50), (Emotion.JOY,), "xed", str(number)) for number in range(emotion.BATCH_SIZE * 8)
    ]
    drawn = list(emotion.draw_batches(examples, 16, random.Random(0)))
    assert [len(batch) for batch in drawn] == [emotion.BATCH_SIZE] * 16
    for epoch in (drawn[:8], drawn[8:]):
        assert sorted(int(one.split) for batch in epoch for one in batch) == list(range(len(examples)))
    assert all(max(len(e.text) for e in batch) - min(len(e.text) for e in batch) <= 8 for batch in drawn)


def test_two_labels_get_half_the_weight_each() -> None:
    (row,) = emotion.make_soft_labels([Example("", (Emotion.JOY, Emotion.FEAR), "xed", "train")]).tolist()
    assert dict(zip(EMOTIONS, row, strict=True)) == {e: 0.5 * (e in (Emotion.JOY, Emotion.FEAR)) for e in Emotion}


def test_rare_classes_weigh_more_but_less_than_in_proportion() -> None:
    examples = [Example("", (label,), "xed", "train") for label in Emotion for _ in range(10)]
    examples += [Example("", (Emotion.NEUTRAL,), "xed", "train")] * 310
    weights = emotion.weigh_classes(examples)["xed"]
    assert weights[1:].unique().numel() == 1
    assert float(weights[1] / weights[0]) == pytest.approx(32**0.3)


def test_a_class_without_any_sentence_has_a_finite_weight() -> None:
    weights = emotion.weigh_classes([Example("", (Emotion.JOY,), "xed", "train")] * 4)
    assert bool(weights["xed"].isfinite().all())


def test_rarity_is_counted_separately_in_each_source() -> None:
    post = [Example("", (Emotion.JOY,), "goemotions", "train")] * 9 + [
        Example("", (Emotion.FEAR,), "goemotions", "train")
    ]
    line = [Example("", (Emotion.FEAR,), "xed", "train")] * 9 + [Example("", (Emotion.JOY,), "xed", "train")]
    weights = emotion.weigh_classes(post + line)
    joy, fear = EMOTIONS.index(Emotion.JOY), EMOTIONS.index(Emotion.FEAR)
    assert float(weights["goemotions"][fear] / weights["goemotions"][joy]) == pytest.approx(9**0.3)
    assert float(weights["xed"][joy] / weights["goemotions"][fear]) == pytest.approx(0.4)


def test_the_loss_is_cross_entropy_weighted_by_class_and_source() -> None:
    batch = [
        Example("", (Emotion.JOY,), "xed", "train"),
        Example("", (Emotion.JOY, Emotion.FEAR), "goemotions", "train"),
    ]
    weights = {"xed": torch.full((7,), 0.4), "goemotions": torch.arange(1.0, 8.0)}
    logits = torch.randn(2, 7, generator=torch.Generator().manual_seed(0))
    logs, joy, fear = logits.log_softmax(-1), EMOTIONS.index(Emotion.JOY), EMOTIONS.index(Emotion.FEAR)
    first, second, third = 0.4, 0.5 * (joy + 1), 0.5 * (fear + 1)
    expected = -(first * logs[0, joy] + second * logs[1, joy] + third * logs[1, fear]) / (first + second + third)
    assert float(emotion.compute_loss(logits, batch, weights)) == pytest.approx(float(expected))


def test_the_average_of_runs_is_taken_weight_by_weight() -> None:
    runs = [{"a": torch.tensor([1.0, 3.0])}, {"a": torch.tensor([3.0, 5.0])}]
    assert emotion.average(runs)["a"].tolist() == [2.0, 4.0]
