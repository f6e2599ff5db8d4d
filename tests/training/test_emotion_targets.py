"""A teacher's outputs as the targets of a student."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.training.emotion import run as emotion_run
from app.training.emotion import targets as emotion_targets
from app.training.emotion.rows import EMOTIONS, TrainingRow
from app.training.emotion.targets import blend_targets, list_inputs, make_speech_rows, read_targets, write_targets
from tests.training.tiny_encoder import write_encoder, write_passages


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return write_encoder(tmp_path / "encoder")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_passages(tmp_path / "data")


@pytest.fixture
def teacher(tmp_path: Path, encoder: Path, data: Path) -> Path:
    options = ["--encoder", str(encoder), "--steps", "2", "--learning-rate", "0.01", "--batch-size", "8"]
    emotion_run.main([str(data), str(tmp_path / "teacher"), *options])
    return tmp_path / "teacher" / "model"


def test_list_inputs_has_every_sentence_once_with_and_without_context(data: Path) -> None:
    inputs = list_inputs(data)
    assert len(inputs) == len(set(inputs))
    assert ("lovely train day", "thing train day") in inputs
    assert ("", "thing train day") in inputs
    assert ("", "good day 0") in inputs
    assert ("", "lovely awful day") in inputs


def test_list_inputs_has_no_held_out_sentence(data: Path) -> None:
    texts = {text for _, text in list_inputs(data)}
    assert not any("dev" in text for text in texts)
    assert "Bad" not in texts


def test_interrupted_targets_are_completed(
    tmp_path: Path, teacher: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emotion_targets, "CHUNK", 8)
    inputs, path = list_inputs(data), tmp_path / "targets.tsv"
    write_targets(teacher, inputs, path)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:8]) + lines[8][:-4])
    write_targets(teacher, inputs, path)
    assert path.read_bytes().splitlines(keepends=True)[:8] == lines[:8]
    targets = read_targets(path)
    assert list(targets) == inputs
    assert all(sum(shares) == pytest.approx(1) and 0 < strength < 1 for shares, strength in targets.values())


def test_blend_targets_blends_label_and_target() -> None:
    target = (0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0)
    label = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    targets = {("before", "x"): (target, 0.5), ("", "x"): (label, 0.2)}
    known = blend_targets(TrainingRow("x", "before", label, 1.0, "passages"), targets)
    assert known.shares == pytest.approx((0.35, 0.65, 0, 0, 0, 0, 0))
    assert known.strength == pytest.approx(0.65)
    assert blend_targets(TrainingRow("x", "", label, None, "xed"), targets).strength == 0.2


def test_make_speech_rows_takes_the_target_as_the_label(data: Path) -> None:
    shares = tuple(1 / len(EMOTIONS) for _ in EMOTIONS)
    targets = {("", text): (shares, 0.25) for text in ("lovely awful day", "good thing")}
    rows = make_speech_rows(data, {"bad"}, targets)
    assert [(row.text, row.shares, row.strength) for row in rows] == [
        ("lovely awful day", shares, 0.25),
        ("good thing", shares, 0.25),
    ]


def test_student_learns_from_the_targets_of_the_command(
    tmp_path: Path, teacher: Path, encoder: Path, data: Path
) -> None:
    emotion_targets.main([str(data), str(teacher), str(tmp_path / "targets.tsv")])
    options = ["--encoder", str(encoder), "--steps", "12", "--learning-rate", "0.01", "--batch-size", "8"]
    emotion_run.main([str(data), str(tmp_path / "run"), *options, "--targets", str(tmp_path / "targets.tsv")])
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["curve"][-1]["step"] == 12


def test_student_refuses_incomplete_targets(tmp_path: Path, encoder: Path, data: Path) -> None:
    path = tmp_path / "targets.tsv"
    path.write_text("\tgood day 0" + "\t0.125" * 8 + "\n")
    options = ["--encoder", str(encoder), "--steps", "1", "--learning-rate", "0.01", "--targets", str(path)]
    with pytest.raises(SystemExit, match=f"lacks {len(list_inputs(data)) - 1} answers"):
        emotion_run.main([str(data), str(tmp_path / "run"), *options])
