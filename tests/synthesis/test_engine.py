"""The engine with the shipped voice: emotions, seeds, speed, degree and odd texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.packages import bundled_models_dir
from app.synthesis import Engine
from app.types import Emotion
from app.voices import Voice, open_voice
from tests.speaking import TEXT, Spoken, make_utterance, running_engine, speak
from tests.tiny_voice import write_tiny_voice

TEXTS = (
    TEXT,
    "The library opens at noon.",
    "Please leave the form beside the printer.",
    "You knew about this for weeks and said nothing!",
)
"""Levels are means of several sentences, since those of one differ by a decibel or two."""


@pytest.fixture(scope="module")
def voice() -> Voice:
    return open_voice(bundled_models_dir() / "voices" / "wren")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine() as engine:
        yield engine


def list_warning_codes(spoken: Spoken) -> list[str]:
    return [warning.code for warning in spoken.warnings]


def measure_level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((samples**2).mean())))


@pytest.mark.parametrize("emotion", Emotion)
def test_every_emotion_is_spoken(engine: Engine, voice: Voice, emotion: Emotion) -> None:
    spoken = speak(engine, voice, make_utterance(emotion=emotion))
    assert 2.0 < len(spoken.samples) / voice.sample_rate < 5.0
    assert np.isfinite(spoken.samples).all() and 0.05 < np.abs(spoken.samples).max() <= 1.0
    assert not spoken.warnings


def test_anger_is_louder_than_neutral_and_sadness_softer(engine: Engine, voice: Voice) -> None:
    levels = {
        emotion: np.mean([measure_level(speak(engine, voice, make_utterance(text, emotion)).samples) for text in TEXTS])
        for emotion in (Emotion.NEUTRAL, Emotion.ANGER, Emotion.SADNESS)
    }
    assert levels[Emotion.ANGER] > levels[Emotion.NEUTRAL] + 2
    assert levels[Emotion.SADNESS] < levels[Emotion.NEUTRAL] - 2


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(engine: Engine, voice: Voice) -> None:
    first, again, other = (speak(engine, voice, make_utterance(), seed).samples for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_concurrent_requests_get_the_bytes_of_sequential_ones(engine: Engine, voice: Voice) -> None:
    jobs = [(emotion, seed) for emotion in Emotion for seed in (1, 2)]
    sequential = [speak(engine, voice, make_utterance(emotion=emotion), seed).samples for emotion, seed in jobs]
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(
            pool.map(lambda job: speak(engine, voice, make_utterance(emotion=job[0]), job[1]).samples, jobs)
        )
    for one, other in zip(sequential, concurrent, strict=True):
        np.testing.assert_array_equal(one, other)


def test_double_speed_halves_the_duration(engine: Engine, voice: Voice) -> None:
    usual, fast = (len(speak(engine, voice, make_utterance(speed=speed), 1).samples) for speed in (1.0, 2.0))
    assert 0.4 < fast / usual < 0.65


def test_the_degree_interpolates_between_neutral_and_the_emotion(engine: Engine, voice: Voice) -> None:
    neutral = measure_level(speak(engine, voice, make_utterance(), 1).samples)
    weak, usual, strong = (
        measure_level(speak(engine, voice, make_utterance(emotion=Emotion.SADNESS, degree=degree), 1).samples)
        for degree in (0.01, 1.0, 1.5)
    )
    assert abs(weak - neutral) < 1
    assert strong < usual < weak


MAX_SECONDS = {
    "a": 1.5,
    "B": 1.5,
    "Hm": 2.0,
    "no mark at the end": 3.0,
    "?!": 0.0,
    "!!!": 0.0,
    "😀": 0.0,
    "...": 0.0,
    "mmmmmmmmmmmm": 5.0,
    "x" * 250: 90.0,
    "no " * 80: 45.0,
    "(((": 0.0,
    "9": 1.5,
}
"""Text -> the longest plausible speech in seconds."""


@pytest.mark.parametrize("text", MAX_SECONDS)
def test_odd_text_is_spoken_within_its_expected_duration(engine: Engine, voice: Voice, text: str) -> None:
    spoken = speak(engine, voice, make_utterance(text))
    assert len(spoken.samples) / voice.sample_rate <= MAX_SECONDS[text]
    assert ("nothing_spoken" in list_warning_codes(spoken)) is (MAX_SECONDS[text] == 0.0)


def write_faulty_voice(folder: Path, weight: str, added: float) -> Voice:
    """Return a voice with a number added to a weight of its acoustic model."""
    file = write_tiny_voice(folder, weights=".safetensors") / "acoustic" / "model.safetensors"
    state = load_file(file)
    state[weight] += np.float32(added)
    save_file(state, file)
    return open_voice(folder)


def test_a_runaway_duration_is_cut_with_a_warning(tmp_path: Path) -> None:
    voice = write_faulty_voice(tmp_path, "encoder.duration_predictor.proj.bias", 6.0)
    with running_engine() as engine:
        spoken = speak(engine, voice, make_utterance("Hello."))
    assert "runaway" in list_warning_codes(spoken)
    assert len(spoken.samples) / voice.sample_rate < 15


def test_weights_that_are_not_finite_give_a_warning_and_no_samples(tmp_path: Path) -> None:
    voice = write_faulty_voice(tmp_path, "encoder.proj_m.bias", np.nan)
    with running_engine() as engine:
        spoken = speak(engine, voice, make_utterance("Hello."))
    assert "not_finite" in list_warning_codes(spoken)
    assert len(spoken.samples) == 0


def test_cache_separates_a_reloaded_voice_from_the_one_before(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "tiny")
    before, manifest = open_voice(folder), json.loads((folder / "voice.json").read_text())
    manifest["frontend"] = {"phonemizer": "espeak", "language": "de"}
    (folder / "voice.json").write_text(json.dumps(manifest))
    after = open_voice(folder)
    with running_engine(cache_bytes=10**7) as engine:
        # A request that has begun with the voice of before may end later.
        first, second = (speak(engine, voice, make_utterance()).samples for voice in (before, after))
        assert first.shape != second.shape or not np.array_equal(first, second)
