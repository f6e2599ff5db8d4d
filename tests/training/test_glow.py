"""GlowTTS with known durations: what a corpus says, what is cut from it, and that the model learns and goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from app.speech.coqui import coqui_config, new_acoustic
from app.training import running
from app.training.clips import sounding, whole_frames, without_ends
from app.training.glow import GlowTask, collate
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice

SYMBOLS = "ɡɹˈeɪt dˈeɪ."
SPEAKERS = ("neutral", "joy")


@pytest.fixture
def task(tmp_path: Path) -> GlowTask:
    """A tiny voice with two emotions, and two dozen clips for each."""
    folder = write_tiny_voice(tmp_path / "voice", speakers=SPEAKERS, data_dep_init_steps=0)
    corpus = tmp_path / "corpus"
    (corpus / "wavs").mkdir(parents=True)
    rng, rows, durations = np.random.default_rng(0), [], []
    for number in range(48):
        name, emotion = f"clip_{number:03d}", SPEAKERS[number % 2]
        length = int(rng.integers(60, 80)) * 256
        tone = 0.3 * np.sin(np.arange(length) * (0.05 if emotion == "joy" else 0.02))
        soundfile.write(corpus / "wavs" / f"{name}.flac", tone, 22050)
        rows.append(f"{name}|Great day.|Great day.|{emotion}\n")
        share = length / 22050 / len(SYMBOLS)
        durations.append(json.dumps({"name": name, "symbols": SYMBOLS, "seconds": [share] * len(SYMBOLS)}) + "\n")
    (corpus / "metadata.csv").write_text("".join(rows))
    (corpus / "durations.jsonl").write_text("".join(durations))
    return GlowTask.load(corpus, open_voice(folder))


def test_every_clip_is_read_with_a_duration_for_each_token(task: GlowTask) -> None:
    assert len(task.clips) + len(task.held_out) == 48
    for clip in task.clips:
        assert clip.frames.sum() == clip.mel.shape[1] and len(clip.frames) == len(clip.ids) == len(SYMBOLS)
        assert clip.frames.min() >= 1 and clip.mel.shape[1] % 2 == 0


def test_it_learns_and_goes_on_to_the_same_losses(task: GlowTask, tmp_path: Path) -> None:
    first = task.evaluate()["loss"]
    for _ in range(12):
        task.step()
    assert task.evaluate()["loss"] < first
    running.save(task, tmp_path)
    expected = [task.step() for _ in range(2)]
    task.restore(torch.load(tmp_path / "training.pt", weights_only=True))
    assert [task.step() for _ in range(2)] == expected


def test_what_it_leaves_fits_the_model(task: GlowTask, tmp_path: Path) -> None:
    running.run(task, tmp_path / "out", 0.5)
    config = coqui_config(task.voice.config("acoustic/config.json"), list(SPEAKERS))
    new_acoustic("glow_tts", config, {"model": load_file(tmp_path / "out" / "model.safetensors")})
    assert task.number > 0


def test_the_alignment_is_what_the_durations_say(task: GlowTask) -> None:
    clips = task.clips[:3]
    batch, path = collate(clips, SPEAKERS)
    for row, clip in enumerate(clips):
        assert path[row].sum(1)[: len(clip.ids)].tolist() == clip.frames.tolist()
        assert (path[row].sum(0)[: clip.mel.shape[1]] == 1).all()
    assert batch["speaker_ids"].tolist() == [SPEAKERS.index(clip.emotion.value) for clip in clips]


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=20), st.integers(1, 60))
def test_frames_are_whole_and_sum_to_the_clip(seconds: list[float], total: int) -> None:
    frames = whole_frames(np.array(seconds) + 1e-6, total)
    if total < len(seconds):
        assert frames is None
    else:
        assert frames is not None and frames.sum() == total and frames.min() >= 1


def test_silence_is_cut_from_the_audio_and_from_the_durations_alike() -> None:
    samples = np.zeros(100 * 300, np.float32)
    samples[20 * 300 : 70 * 300] = 0.5
    start, end = sounding(samples, 300)
    assert (start, end) == (16, 78)
    left = without_ends([0.3, 0.5, 0.4], 0.2, 0.5)
    np.testing.assert_allclose(left, [0.1, 0.38, 0.02])
