"""Training of Tacotron 2: its attention loss, its decoder steps, learning, and resuming."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
import torch

from app.synthesis.coqui import build_acoustic, build_coqui_config, load_weights
from app.training.acoustic import (
    TacotronTask,
    add_stop_targets,
    collate,
    compute_attention_loss,
    disable_autocast,
    pool_to_steps,
    prepare_acoustic,
)
from app.training.clips import read_clips
from app.training.dataset import read_dataset
from app.training.settings import ModelKind, TrainingSettings
from app.training.train import open_base
from app.types import Emotion
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings


def make_task(data: Path, base: Path | None = None) -> TacotronTask:
    """Return a task that continues from a base, or starts from scratch with the embedded vocoder."""
    dataset = read_dataset(data)
    settings = TrainingSettings(model=ModelKind.TACOTRON2, batch_size=4)
    start = prepare_acoustic(settings, open_base(base), dataset.list_emotions(Emotion.NEUTRAL), scratch=base is None)
    clips = read_clips(dataset.recordings, Emotion.NEUTRAL, start.tokenizer, start.layout, start.convert)
    return TacotronTask(start, clips, settings)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("recordings") / "data", 12, durations=True)


def test_training_lowers_the_losses_and_resumes_with_the_same_losses(data: Path) -> None:
    task = make_task(data)
    first = task.step()
    for _ in range(5):
        last = task.step()
    assert last["loss"] < first["loss"] and last["stopnet_loss"] < first["stopnet_loss"]
    saved = copy.deepcopy(task.state())
    expected = task.step()
    again = make_task(data)
    again.restore(saved)
    assert again.step() == expected


def test_the_attention_loss_requires_durations(data: Path, tmp_path: Path) -> None:
    assert "attention_loss" in make_task(data).step()
    losses = make_task(write_recordings(tmp_path / "data", 12)).step()
    assert "attention_loss" not in losses and losses["ga_loss"] > 0


def test_frames_become_whole_decoder_steps_with_a_stop_at_the_last(data: Path) -> None:
    batch = collate(make_task(data).clips[:3], ())
    whole = add_stop_targets(batch, 6)
    steps = whole["mel_input"].shape[1] // 6
    assert whole["mel_input"].shape[1] % 6 == 0 and whole["stop_targets"].shape == (3, steps)
    for row, frames in enumerate(batch["mel_lengths"].tolist()):
        last = -(-frames // 6) - 1
        assert whole["stop_targets"][row].tolist() == [float(step >= last) for step in range(steps)]


def test_the_alignment_of_a_decoder_step_is_the_mean_of_its_frames() -> None:
    path = torch.zeros(1, 3, 7)
    path[0, 0, :3], path[0, 1, 3:4], path[0, 2, 4:] = 1, 1, 1
    expected = [[0.75, 0.0], [0.25, 0.0], [0.0, 0.75]]
    torch.testing.assert_close(pool_to_steps(path, 4)[0], torch.tensor(expected))


def test_the_attention_loss_is_least_at_the_target() -> None:
    target = torch.zeros(2, 4, 5)
    target[0, [0, 0, 1, 2, 3], range(5)] = 1
    target[1, [0, 1, 2], range(3)] = 1  # two steps of padding, which do not count
    exact, uniform = target.transpose(1, 2), torch.full((2, 5, 4), 0.25)
    assert compute_attention_loss(exact, target) == 0
    assert compute_attention_loss(uniform, target).item() == pytest.approx(math.log(4))
    nearly = torch.lerp(uniform, exact, 0.9).requires_grad_()
    compute_attention_loss(nearly, target).backward()
    assert nearly.grad is not None and (nearly.grad[exact == 1] < 0).all()
    assert (nearly.grad[1, 3:] == 0).all()


def test_the_losses_are_computed_in_single_precision(data: Path) -> None:
    task = make_task(data)
    batch = add_stop_targets(collate(task.clips[:2], ()), 6)
    mel, lengths = batch["mel_input"], batch["mel_lengths"]
    near = mel + 0.05 * torch.randn(mel.shape, generator=torch.Generator().manual_seed(0))
    ssim = task.model.get_criterion().criterion_ssim
    expected = ssim(near, mel, lengths)
    with torch.autocast("cpu", torch.bfloat16):
        assert disable_autocast(ssim)(near, mel, lengths) == expected != ssim(near, mel, lengths)


def test_training_keeps_the_frames_per_step_of_a_checkpoint(data: Path, tmp_path: Path) -> None:
    """coqui's gradual training lowers their number, but its config keeps the initial one."""
    base = write_tiny_voice(tmp_path / "voice", "tacotron2", r=4)
    weights = base / "acoustic" / "model.pth"
    torch.save({**torch.load(weights), "r": 2}, weights)
    task = make_task(data, base)
    task.step()
    task.export(tmp_path / "trained")
    config = build_coqui_config(task.start.config, [])
    model = build_acoustic("tacotron2", config, load_weights(tmp_path / "trained" / "model.safetensors"))
    assert task.model.decoder.r == model.decoder.r == 2 and config.r == 4  # type: ignore[union-attr]
