"""Training of GlowTTS: reading clips, aligning them, learning, and resuming."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SetupError
from app.training.acoustic import GlowTask, build_alignment, collate, prepare_acoustic
from app.training.clips import find_sounding_span, read_clips, round_durations, trim_durations
from app.training.dataset import read_dataset
from app.training.settings import TrainingSettings
from app.types import Emotion
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings

SPEAKERS = ("neutral", "joy")


def make_task(folder: Path, *, durations: bool = True, scratch: bool = False, **chosen: object) -> GlowTask:
    """Write a tiny voice with two emotions and two dozen recordings; return a task for them."""
    voice, data = folder / "voice", folder / "data"
    if not voice.exists():
        write_tiny_voice(voice, speakers=SPEAKERS)
        write_recordings(data, 24, SPEAKERS, durations=durations)
    dataset = read_dataset(data)
    settings = TrainingSettings(batch_size=6, **chosen)  # type: ignore[arg-type]
    start = prepare_acoustic(settings, open_voice(voice), dataset.list_emotions(Emotion.NEUTRAL), scratch=scratch)
    clips = read_clips(dataset.recordings, Emotion.NEUTRAL, start.tokenizer, start.layout, start.convert)
    return GlowTask(start, clips, settings)


def test_every_clip_is_read_with_a_duration_for_each_token(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    assert len(task.clips) + len(task.held_out) == 24
    for clip in task.clips:
        assert clip.frames is not None
        assert clip.frames.sum() == clip.mel.shape[1] and len(clip.frames) == len(clip.ids)
        assert clip.frames.min() >= 1 and clip.mel.shape[1] % 2 == 0


@pytest.mark.parametrize("durations", [True, False])
def test_training_lowers_the_loss_and_resumes_with_the_same_losses(tmp_path: Path, durations: bool) -> None:
    task = make_task(tmp_path, durations=durations)
    first = task.evaluate()["loss"]
    for _ in range(12):
        task.step()
    assert task.evaluate()["loss"] < first
    saved = copy.deepcopy(task.state())
    expected = [task.step() for _ in range(2)]
    again = make_task(tmp_path)
    again.restore(saved)
    assert [again.step() for _ in range(2)] == expected


def test_the_same_seed_gives_the_same_losses_from_scratch(tmp_path: Path) -> None:
    first, second, other = (make_task(tmp_path, scratch=True, seed=seed).step() for seed in (5, 5, 6))
    assert first == second != other


def test_from_scratch_the_normalisation_layers_are_initialised_from_a_batch(tmp_path: Path) -> None:
    task = make_task(tmp_path, scratch=True)
    logs = [value for name, value in task.model.state_dict().items() if name.endswith("logs")]
    assert logs and all(value.abs().sum() > 0 for value in logs)
    assert task.model.run_data_dep_init is False


def test_the_alignment_follows_the_durations(tmp_path: Path) -> None:
    clips = make_task(tmp_path).clips[:3]
    path, batch = build_alignment(clips), collate(clips, SPEAKERS)
    assert path is not None
    for row, clip in enumerate(clips):
        assert path[row].sum(1)[: len(clip.ids)].tolist() == clip.frames.tolist()  # type: ignore[union-attr]
        assert (path[row].sum(0)[: clip.mel.shape[1]] == 1).all()
    assert batch["speaker_ids"].tolist() == [SPEAKERS.index(clip.emotion.value) for clip in clips]
    assert build_alignment([clips[0], replace(clips[1], frames=None)]) is None


def test_the_mel_spectrogram_is_normalised_as_the_config_says(tmp_path: Path) -> None:
    clips = {}
    for name, audio in (("plain", {}), ("scaled", {"signal_norm": True, "log_func": "np.log10", "spec_gain": 20.0})):
        folder = tmp_path / name
        write_tiny_voice(folder / "voice", speakers=SPEAKERS, audio=audio)
        write_recordings(folder / "data", 24, SPEAKERS)
        clips[name] = make_task(folder).clips[0]
    ours, plain = clips["scaled"].mel.float(), clips["plain"].mel.float()
    decibels = 20 / np.log(10) * plain
    expected = ((decibels - 20 + 100) / 100 * 8 - 4).clamp(-4, 4)
    assert torch.allclose(ours, expected, atol=0.02)


def test_emotions_that_the_base_lacks_are_refused(tmp_path: Path) -> None:
    write_tiny_voice(tmp_path / "voice", speakers=SPEAKERS)
    with pytest.raises(SetupError, match="are also fear"):
        prepare_acoustic(TrainingSettings(), open_voice(tmp_path / "voice"), {Emotion.FEAR}, scratch=False)
    with pytest.raises(SetupError, match="none is neutral"):
        prepare_acoustic(TrainingSettings(), open_voice(tmp_path / "voice"), {Emotion.FEAR}, scratch=True)


def test_too_few_clips_are_refused(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    with pytest.raises(SetupError, match="at least 10"):
        GlowTask(task.start, task.clips[:5], TrainingSettings())


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=20), st.integers(1, 60))
def test_rounded_durations_sum_to_the_frames_of_the_clip(seconds: list[float], total: int) -> None:
    frames = round_durations(np.array(seconds) + 1e-6, total)
    if total < len(seconds):
        assert frames is None
    else:
        assert frames is not None and frames.sum() == total and frames.min() >= 1


def test_silence_is_cut_from_the_audio_and_from_the_durations() -> None:
    samples = np.zeros(100 * 300, np.float32)
    samples[20 * 300 : 70 * 300] = 0.5
    start, end = find_sounding_span(samples, 300)
    assert (start, end) == (16, 78)
    left = trim_durations([0.3, 0.5, 0.4], 0.2, 0.5)
    np.testing.assert_allclose(left, [0.1, 0.38, 0.02])
