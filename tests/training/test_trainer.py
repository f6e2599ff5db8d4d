"""A training run: its end, its checkpoints, its continuation, and its failures."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch

from app.errors import SetupError
from app.training import trainer as running
from app.training.optimizer import step_optimizer
from app.training.trainer import (
    CHECKPOINT,
    RECORD,
    StatePart,
    Trainer,
    TrainingModule,
    TrainingProgress,
    TrainingStopped,
)

RUN_VALUES = {"settings": {"seed": 1, "epochs": 2.0}, "data_sha256": "d", "base_sha256": "b"}


class LineTask(TrainingModule):
    """A small but complete task: it fits a line by gradient descent."""

    def __init__(self, rate: float = 0.1) -> None:
        self.epoch = 10
        self.slope = torch.nn.Parameter(torch.zeros(1))
        self.line = torch.nn.ParameterDict({"slope": self.slope})
        self.optimizer = torch.optim.Adam([self.slope], rate)

    def step(self) -> dict[str, float]:
        generator = torch.Generator().manual_seed(self.number)
        x = torch.randn(8, generator=generator)
        loss = ((self.slope * x - 3 * x) ** 2).mean()
        step_optimizer(self.optimizer, loss, 1e9)
        self.number += 1
        return {"loss": loss.item()}

    def evaluate(self) -> dict[str, float]:
        return {"loss": abs(self.slope.item() - 3)}

    def list_parts(self) -> dict[str, StatePart]:
        return {"line": self.line, "optimizer": self.optimizer}

    def export(self, folder: Path) -> None:
        raise NotImplementedError


def make_trainer(folder: Path, task: LineTask | None = None, **record: Any) -> tuple[Trainer, list[TrainingProgress]]:
    seen: list[TrainingProgress] = []
    return Trainer(task or LineTask(), folder, {**RUN_VALUES, **record}, seen.append), seen


def test_a_run_ends_after_its_epochs_and_reports_its_progress(tmp_path: Path) -> None:
    run, seen = make_trainer(tmp_path)
    run.train(2, math.inf, Event())
    *steps, end = seen
    assert [progress.step for progress in steps] == list(range(1, 21))
    assert all(earlier.share < later.share for earlier, later in pairwise(steps))
    assert (end.step, end.share, end.seconds_left) == (20, 1, 0)
    assert not end.losses and end.held_out == run.held_out
    record = json.loads((tmp_path / RECORD).read_text())
    assert record["curve"][-1]["step"] == 20 and record["curve"][-1]["held_out"] == run.held_out
    assert record["settings"] == RUN_VALUES["settings"] and record["seconds"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORD, CHECKPOINT]


def test_the_time_limit_ends_a_run(tmp_path: Path) -> None:
    run, _ = make_trainer(tmp_path)
    run.train(1e9, 0.2, Event())
    assert 0 < run.task.number < 1e10 and (tmp_path / CHECKPOINT).exists()


def test_a_resumed_run_has_the_losses_of_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, expected = make_trainer(tmp_path / "whole")
    whole.train(2, math.inf, Event())
    make_trainer(tmp_path / "parts")[0].train(1, math.inf, Event())
    second, seen = make_trainer(tmp_path / "parts")
    second.resume()
    second.train(2, math.inf, Event())
    assert [progress.losses for progress in seen] == [progress.losses for progress in expected[10:]]
    assert len(seen) == 11
    curve = json.loads((tmp_path / "parts" / RECORD).read_text())["curve"]
    assert [point["step"] for point in curve] == [10, 20]


def test_checkpoints_are_written_during_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SAVE_SECONDS", 0)
    run, _ = make_trainer(tmp_path)
    run.train(1, math.inf, Event())
    curve = json.loads((tmp_path / RECORD).read_text())["curve"]
    assert [point["step"] for point in curve][:3] == [1, 2, 3]
    assert curve[0]["train"].keys() == {"loss"}


def test_other_data_or_settings_are_refused_but_a_later_end_is_not(tmp_path: Path) -> None:
    make_trainer(tmp_path)[0].train(1, math.inf, Event())
    with pytest.raises(SetupError, match="other seed and data"):
        make_trainer(tmp_path, settings={"seed": 2, "epochs": 2.0}, data_sha256="other")[0].resume()
    make_trainer(tmp_path, settings={"seed": 1, "epochs": 9.0})[0].resume()


def test_a_loss_that_is_not_finite_stops_a_run_and_keeps_the_last_good_step(tmp_path: Path) -> None:
    make_trainer(tmp_path)[0].train(1, math.inf, Event())
    run, _ = make_trainer(tmp_path, LineTask(rate=0.1))
    run.resume()
    good = (tmp_path / CHECKPOINT).read_bytes()
    run.task.optimizer.param_groups[0]["lr"] = math.inf  # type: ignore[attr-defined]
    with pytest.raises(TrainingStopped, match=r"is inf.*training\.pt holds the last good step") as stopped:
        run.train(2, math.inf, Event())
    assert "smaller learning rate" in stopped.value.hint
    assert (tmp_path / CHECKPOINT).read_bytes() == good


def test_a_full_disk_stops_a_run_and_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    make_trainer(tmp_path)[0].train(1, math.inf, Event())
    good = (tmp_path / CHECKPOINT).read_bytes()
    run, _ = make_trainer(tmp_path)
    run.resume()
    (tmp_path / "training.partial").symlink_to("/dev/full")  # every write fails for lack of space
    with pytest.raises(TrainingStopped, match=r"No space left on device.*holds the last good step"):
        run.train(2, math.inf, Event())
    assert (tmp_path / CHECKPOINT).read_bytes() == good
    again, _ = make_trainer(tmp_path)
    again.resume()
    assert again.task.number == 10


def test_too_little_disk_space_is_refused_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SPARE_CHECKPOINTS", 10**15)
    run, seen = make_trainer(tmp_path)
    with pytest.raises(SetupError, match="MiB are needed"):
        run.train(1, math.inf, Event())
    assert not seen
