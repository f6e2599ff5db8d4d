"""Mel spectrograms that GlowTTS predicts for recordings: their place, shape and speaker."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from app.errors import SetupError
from app.training.acoustic import prepare_acoustic
from app.training.clips import TeacherForcing, read_clip
from app.training.dataset import read_dataset
from app.training.settings import TrainingSettings
from app.types import Emotion
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings

SPEAKERS = ("neutral", "joy")
FRAMES = 1000


def test_a_prediction_has_the_place_and_shape_of_its_clip(tmp_path: Path) -> None:
    base = open_voice(write_tiny_voice(tmp_path / "voice", speakers=SPEAKERS))
    dataset = read_dataset(write_recordings(tmp_path / "data", 4, SPEAKERS, durations=True))
    predict = TeacherForcing(base, dataset.recordings)
    start = prepare_acoustic(TrainingSettings(), base, dataset.list_emotions(Emotion.NEUTRAL), scratch=False)
    for recording in dataset.recordings:
        clip = read_clip(recording, Emotion.NEUTRAL, start.tokenizer, start.layout, start.convert)
        found = predict(recording.name, FRAMES)
        assert clip and found
        first, mel = found
        assert mel.shape == clip.mel.shape and torch.isfinite(mel).all() and not mel.is_inference()
        assert first == pytest.approx(0.2 * 22050 / 256, abs=4)  # three frames of the silence are kept
    assert predict(recording.name, 10) is None  # its end lies beyond the spectra
    assert predict("nobody", FRAMES) is None


def test_each_emotion_is_predicted_by_its_speaker(tmp_path: Path) -> None:
    base = open_voice(write_tiny_voice(tmp_path / "voice", speakers=SPEAKERS))
    data = write_recordings(tmp_path / "data", 1, ("neutral",), durations=True)
    plain = TeacherForcing(base, read_dataset(data).recordings)("clip_00", FRAMES)
    (data / "metadata.csv").write_text((data / "metadata.csv").read_text().replace("|neutral", "|joy"))
    glad = TeacherForcing(base, read_dataset(data).recordings)("clip_00", FRAMES)
    assert plain and glad and plain[1].shape == glad[1].shape and not torch.equal(plain[1], glad[1])


def test_predictions_require_durations_and_a_glow_tts(tmp_path: Path) -> None:
    base = open_voice(write_tiny_voice(tmp_path / "voice", speakers=SPEAKERS))
    dataset = read_dataset(write_recordings(tmp_path / "data", 1))
    assert TeacherForcing(base, dataset.recordings)("clip_00", FRAMES) is None
    with pytest.raises(SetupError, match="no GlowTTS"):
        TeacherForcing(open_voice(write_tiny_voice(tmp_path / "other", "tacotron2")), dataset.recordings)
