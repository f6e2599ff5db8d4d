"""The training of a classifier that reads context, with a tiny encoder."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from app.errors import SetupError
from app.training.emotion import run as emotion_run
from app.training.emotion import run as emotion_task
from app.training.emotion.network import encode, find_frozen, load_network, score
from app.training.emotion.rows import PASSAGES, TrainingRow, make_passage_row, read_examples, read_passages, select_rows
from app.training.emotion.run import EmotionSettings, EmotionTask
from tests.training.tiny_encoder import write_encoder, write_passages


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """Write two layers with dropout, so that the random draws of a step change the weights."""
    return write_encoder(tmp_path / "encoder", layers=2, dropout=0.2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_passages(tmp_path / "data")


def make_task(encoder: Path, data: Path, **settings: Any) -> EmotionTask:
    sentences = read_passages(data)
    dev = [make_passage_row(one) for one in sentences if one.split == "dev"]
    chosen = {"steps": 40, "learning_rate": 0.01, "batch_size": 8, **settings}
    return EmotionTask(encoder, select_rows(sentences, read_examples(data)), dev, EmotionSettings(**chosen))


def run_steps(task: EmotionTask, count: int) -> list[dict[str, float]]:
    return [task.step() for _ in range(count)]


def are_equal(one: Any, other: Any) -> bool:
    """Return whether two states are equal to the last bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(are_equal(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(are_equal, one, other))
    return bool(one == other)


def test_resumed_task_repeats_the_steps_of_an_uninterrupted_one(encoder: Path, data: Path) -> None:
    whole = make_task(encoder, data)
    losses = run_steps(whole, 16)
    first = make_task(encoder, data)
    assert run_steps(first, 9) == losses[:9]
    file = io.BytesIO()
    torch.save(first.state(), file)
    file.seek(0)
    second = make_task(encoder, data)
    second.restore(torch.load(file, weights_only=True))
    assert run_steps(second, 7) == losses[9:]
    assert are_equal(second.state(), whole.state())


def test_frozen_layers_are_unchanged_and_the_others_learn(encoder: Path, data: Path) -> None:
    task = make_task(encoder, data, frozen_layers=1)
    before = {name: value.clone() for name, value in task.network.state_dict().items()}
    run_steps(task, 3)
    changed = {name for name, value in task.network.state_dict().items() if not torch.equal(value, before[name])}
    assert not any("embeddings" in name or "layer.0" in name for name in changed)
    assert any("layer.1" in name for name in changed)
    assert {"classifier.weight", "classifier.bias"} <= changed
    assert {name.replace("/", ".") for name in task.state()["network"]} >= changed


def test_word_embeddings_are_frozen_even_without_frozen_layers(encoder: Path, data: Path) -> None:
    task = make_task(encoder, data)
    run_steps(task, 1)
    assert not any("word_embeddings" in name for name in task.state()["network"])
    assert any("position_embeddings" in name for name in task.state()["network"])


def test_frozen_parts_of_mpnet_include_the_position_biases() -> None:
    from transformers import MPNetConfig, MPNetForSequenceClassification

    config = MPNetConfig(vocab_size=9, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8)
    config.num_labels = 8
    network = MPNetForSequenceClassification(config)
    for part in find_frozen(network, 1):
        part.requires_grad_(False)
    learned = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert {name.split(".")[0] for name in learned} == {"mpnet", "classifier"}
    assert all("layer.1." in name for name in learned if name.startswith("mpnet"))


def test_training_learns_from_the_context(encoder: Path, data: Path) -> None:
    task = make_task(encoder, data, steps=120)
    run_steps(task, 120)
    assert task.evaluate()["macro_f1"] == pytest.approx(2 / 7)  # two of the seven occur, both are found


def test_evaluate_waits_until_it_is_due_or_the_last_step(
    encoder: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task(encoder, data, steps=2)
    task.step()
    assert task.evaluate() == {}
    task.step()
    assert task.evaluate()["step"] == 2
    monkeypatch.setattr(emotion_task, "EVALUATION_SECONDS", 0)
    due = make_task(encoder, data, steps=9)
    due.step()
    assert due.evaluate()["step"] == 1


def test_encode_reads_a_pair_only_with_a_context(encoder: Path, data: Path) -> None:
    tokenizer = make_task(encoder, data).tokenizer
    rows = [TrainingRow("thing", context, (), None, PASSAGES) for context in ("", "lovely day")]
    inputs = encode(tokenizer, rows)
    words = [tokenizer.convert_ids_to_tokens(ids) for ids in inputs["input_ids"].tolist()]
    assert words[0] == ["[CLS]", "thing", "[SEP]", "[PAD]", "[PAD]", "[PAD]"]
    assert words[1] == ["[CLS]", "lovely", "day", "[SEP]", "thing", "[SEP]"]
    assert inputs["attention_mask"].tolist() == [[1, 1, 1, 0, 0, 0], [1] * 6]


def test_score_keeps_the_order_of_the_rows(encoder: Path, data: Path) -> None:
    task = make_task(encoder, data)
    network = load_network(encoder)
    rows = [TrainingRow(" ".join(["thing"] * length), "", (), None, PASSAGES) for length in (5, 1, 3)] * 15
    together = score(network, task.tokenizer, rows)
    alone = torch.cat([score(network, task.tokenizer, [row]) for row in rows])
    assert torch.allclose(together, alone, atol=1e-5)


def run_command(encoder: Path, data: Path, run: Path, *options: str) -> dict[str, Any]:
    values = {"--encoder": encoder, "--steps": 4, "--learning-rate": 0.01, "--batch-size": 8}
    emotion_run.main([str(data), str(run), *(str(part) for pair in values.items() for part in pair), *options])
    return dict(json.loads((run / "run.json").read_text()))


def test_command_writes_checkpoint_record_and_classifier(encoder: Path, data: Path, tmp_path: Path) -> None:
    record = run_command(encoder, data, tmp_path / "run")
    assert record["curve"][-1]["step"] == record["curve"][-1]["held_out"]["step"] == 4
    config = json.loads((tmp_path / "run" / "model" / "config.json").read_text())
    assert config["intone"] == {"version": "2", "context": 2, "languages": ["en"]}
    assert config["id2label"]["7"] == "strength"
    assert config["dtype"] == "float16"
    averaged = torch.load(tmp_path / "run" / "training.pt", weights_only=True)["average"]["classifier/weight"]
    assert torch.equal(load_network(tmp_path / "run" / "model").classifier.weight, averaged.half().float())


def test_command_resumes_with_other_steps_but_not_with_other_data(encoder: Path, data: Path, tmp_path: Path) -> None:
    run_command(encoder, data, tmp_path / "run")
    with pytest.raises(SystemExit, match="--resume"):
        run_command(encoder, data, tmp_path / "run")
    assert run_command(encoder, data, tmp_path / "run", "--resume", "--steps", "6")["curve"][-1]["step"] == 6
    other = write_passages(tmp_path / "other", train=25)
    with pytest.raises(SetupError, match="data"):
        run_command(encoder, other, tmp_path / "run", "--resume")
