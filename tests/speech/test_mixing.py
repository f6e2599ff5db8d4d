"""Degree and blend: how much of each emotion, and what that does to weights and to speech."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.backends.torch import TorchBackend
from app.pipeline import Pipeline
from app.plan import Emotion
from app.request import SpeechRequest
from app.settings import load_settings
from app.speech.loading import MOST_MIXTURES, Loader
from app.speech.mixing import mix, mix_weights
from app.voices import open_voice
from tests.tiny_voice import change, write_tiny_voice

JOY, ANGER, NEUTRAL, SURPRISE = Emotion.JOY, Emotion.ANGER, Emotion.NEUTRAL, Emotion.SURPRISE
TEXT = "I told you never to come back to this house again."


@pytest.mark.parametrize(
    ("blend", "degree", "shares"),
    [
        ({JOY: 1.0}, 1.0, {JOY: 1.0}),
        ({JOY: 1.0}, 0.25, {NEUTRAL: 0.75, JOY: 0.25}),
        ({JOY: 1.0}, 2.0, {NEUTRAL: -1.0, JOY: 2.0}),
        ({NEUTRAL: 1.0}, 0.5, {NEUTRAL: 1.0}),
        ({JOY: 0.5, SURPRISE: 0.5}, 0.5, {NEUTRAL: 0.5, JOY: 0.25, SURPRISE: 0.25}),
        ({JOY: 0.5, NEUTRAL: 0.5}, 1.0, {JOY: 0.5, NEUTRAL: 0.5}),
    ],
)
def test_shares_lie_on_the_line_from_neutral(
    blend: dict[Emotion, float], degree: float, shares: dict[Emotion, float]
) -> None:
    assert mix(blend, degree) == pytest.approx(shares)


def test_weights_are_summed_by_their_shares() -> None:
    states = {
        "base": {"w": torch.tensor([1.0, 2.0]).half(), "n": torch.tensor(3)},
        "angry": {"w": torch.tensor([3.0, 0.0]).half(), "n": torch.tensor(3)},
    }
    mixed = mix_weights(states, {"base": 0.25, "angry": 0.75})
    assert mixed["w"].tolist() == [2.5, 0.5] and int(mixed["n"]) == 3


@pytest.fixture
def descended(tmp_path: Path) -> Path:
    """A voice whose anger is a checkpoint of its own, fine-tuned from the base."""
    folder = write_tiny_voice(tmp_path / "v", weights=".safetensors", speakers=("neutral", "anger"))
    weights = load_file(folder / "acoustic" / "model.safetensors")
    torch.manual_seed(1)
    tuned = {name: value + 0.01 * torch.randn_like(value) for name, value in weights.items()}
    save_file(tuned, folder / "acoustic" / "angry.safetensors")
    angry = {
        "model": "acoustic/angry.safetensors",
        "config": "acoustic/config.json",
        "architecture": "glow_tts",
        "base": "main",
    }
    change(
        folder / "voice.json",
        degree=True,
        checkpoints={"angry": angry},
        emotions={"anger": {"checkpoint": "angry", "vocoder": "main", "speaker": "anger"}},
    )
    return folder


def test_an_emotion_in_a_checkpoint_of_its_own_is_interpolated_by_weights(descended: Path) -> None:
    loader = Loader(open_voice(descended), TorchBackend())
    name = "encoder.emb.weight"

    def weight(degree: float) -> torch.Tensor:
        module = loader.speaker(mix({ANGER: 1.0}, degree)).checkpoint.model.model  # type: ignore[attr-defined]
        state: dict[str, torch.Tensor] = module.state_dict()
        return state[name]

    neutral = loader.speaker({NEUTRAL: 1.0}).checkpoint.model.model.state_dict()[name]  # type: ignore[attr-defined]
    torch.testing.assert_close(weight(0.5), (neutral + weight(1.0)) / 2)
    torch.testing.assert_close(weight(2.0), 2 * weight(1.0) - neutral)


def test_only_a_few_mixtures_stay_in_memory(descended: Path) -> None:
    loader = Loader(open_voice(descended), TorchBackend())
    for number in range(1, MOST_MIXTURES + 3):
        loader.speaker(mix({ANGER: 1.0}, number / 10))
    assert len(loader.mixtures) == MOST_MIXTURES


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.load(load_settings())


def pitch_and_level(pipeline: Pipeline, degree: float, emotion: Emotion | dict[Emotion, float]) -> tuple[float, float]:
    """Median pitch in semitones and level in dB."""
    speech = pipeline.synthesize(SpeechRequest(TEXT, emotion=emotion, degree=degree, seed=1))
    pitch, _, _ = librosa.pyin(speech.samples, fmin=65, fmax=600, sr=speech.sample_rate)
    level = 20 * np.log10(np.sqrt((speech.samples**2).mean()))
    return float(12 * np.log2(np.nanmedian(pitch) / 100)), float(level)


def test_anger_rises_with_its_degree(pipeline: Pipeline) -> None:
    measured = [pitch_and_level(pipeline, degree, ANGER) for degree in (0.25, 0.5, 1.0, 1.5)]
    pitches, levels = zip(*measured, strict=True)
    assert list(pitches) == sorted(pitches) and pitches[-1] - pitches[0] > 3
    assert list(levels) == sorted(levels) and levels[-1] - levels[0] > 2


def test_a_blend_lies_between_its_emotions(pipeline: Pipeline) -> None:
    angry, plain = pitch_and_level(pipeline, 1.0, ANGER), pitch_and_level(pipeline, 1.0, NEUTRAL)
    between = pitch_and_level(pipeline, 1.0, {ANGER: 0.5, NEUTRAL: 0.5})
    assert plain[0] < between[0] < angry[0] and plain[1] < between[1] < angry[1]
