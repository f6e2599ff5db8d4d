"""Tacotron 2 in training: that its attention is taught where to be, and that it learns and goes on."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from app.plan import Emotion
from app.training.acoustic import start_acoustic
from app.training.acoustic_task import collate
from app.training.clips import read_clips
from app.training.dataset import read_dataset
from app.training.settings import Model, TrainingSettings
from app.training.tacotron import TacotronTask, steps_of, with_stops
from app.training.train import open_base
from tests.training.recordings import write_recordings


def make(data: Path) -> TacotronTask:
    dataset = read_dataset(data)
    settings = TrainingSettings(model=Model.TACOTRON2, batch_size=4)
    start = start_acoustic(settings, open_base(None), dataset.emotions(Emotion.NEUTRAL), scratch=True)
    clips = read_clips(dataset.recordings, Emotion.NEUTRAL, start.tokenizer, start.layout, start.convert)
    return TacotronTask(start, clips, settings)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("recordings") / "data", 12, durations=True)


def test_it_learns_and_goes_on_to_the_same_losses(data: Path) -> None:
    task = make(data)
    first = task.step()
    for _ in range(5):
        last = task.step()
    assert last["loss"] < first["loss"] and last["stopnet_loss"] < first["stopnet_loss"]
    saved = copy.deepcopy(task.state())
    expected = task.step()
    again = make(data)
    again.restore(saved)
    assert again.step() == expected


def test_the_attention_is_taught_only_where_durations_are_known(data: Path, tmp_path: Path) -> None:
    assert "attention_loss" in make(data).step()
    losses = make(write_recordings(tmp_path / "data", 12)).step()
    assert "attention_loss" not in losses and losses["ga_loss"] > 0


def test_frames_become_whole_decoder_steps_with_a_stop_at_the_last(data: Path) -> None:
    batch = collate(make(data).clips[:3], ())
    whole = with_stops(batch, 6)
    steps = whole["mel_input"].shape[1] // 6
    assert whole["mel_input"].shape[1] % 6 == 0 and whole["stop_targets"].shape == (3, steps)
    for row, frames in enumerate(batch["mel_lengths"].tolist()):
        last = -(-frames // 6) - 1
        assert whole["stop_targets"][row].tolist() == [float(step >= last) for step in range(steps)]


def test_the_alignment_of_a_decoder_step_is_the_mean_of_its_frames() -> None:
    path = torch.zeros(1, 3, 7)
    path[0, 0, :3], path[0, 1, 3:4], path[0, 2, 4:] = 1, 1, 1
    expected = [[0.75, 0.0], [0.25, 0.0], [0.0, 0.75]]
    torch.testing.assert_close(steps_of(path, 4)[0], torch.tensor(expected))
