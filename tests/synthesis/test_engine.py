"""The engine on the shipped voice: every emotion speaks, no text makes it babble, one seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from app.packages import bundled_models_dir
from app.synthesis import Engine
from app.types import Emotion
from app.voices import Voice, open_voice
from tests.speaking import TEXT, Spoken, running_engine, speak, utterance

TEXTS = (
    TEXT,
    "The library opens at noon.",
    "Please leave the form beside the printer.",
    "You knew about this for weeks and said nothing!",
)
"""A level is that of several sentences: one alone differs by a decibel or two from the others."""


@pytest.fixture(scope="module")
def voice() -> Voice:
    return open_voice(bundled_models_dir() / "voices" / "wren")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine() as engine:
        yield engine


def codes(spoken: Spoken) -> list[str]:
    return [warning.code for warning in spoken.warnings]


def level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((samples**2).mean())))


@pytest.mark.parametrize("emotion", Emotion)
def test_every_emotion_is_spoken(engine: Engine, voice: Voice, emotion: Emotion) -> None:
    spoken = speak(engine, voice, utterance(emotion=emotion))
    assert 2.0 < len(spoken.samples) / voice.sample_rate < 5.0
    assert np.isfinite(spoken.samples).all() and 0.05 < np.abs(spoken.samples).max() <= 1.0
    assert not spoken.warnings


def test_anger_is_louder_than_neutral_and_sadness_softer(engine: Engine, voice: Voice) -> None:
    heard = {
        emotion: np.mean([level(speak(engine, voice, utterance(text, emotion)).samples) for text in TEXTS])
        for emotion in (Emotion.NEUTRAL, Emotion.ANGER, Emotion.SADNESS)
    }
    assert heard[Emotion.ANGER] > heard[Emotion.NEUTRAL] + 2
    assert heard[Emotion.SADNESS] < heard[Emotion.NEUTRAL] - 2


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(engine: Engine, voice: Voice) -> None:
    first, again, other = (speak(engine, voice, utterance(), seed).samples for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_threads_get_the_bytes_of_one_alone(engine: Engine, voice: Voice) -> None:
    jobs = [(emotion, seed) for emotion in Emotion for seed in (1, 2)]
    unbatchable = [speak(engine, voice, utterance(emotion=emotion), seed).samples for emotion, seed in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: speak(engine, voice, utterance(emotion=job[0]), job[1]).samples, jobs))
    for one, other in zip(unbatchable, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_twice_the_speed_takes_half_the_time(engine: Engine, voice: Voice) -> None:
    usual, fast = (len(speak(engine, voice, utterance(speed=speed), 1).samples) for speed in (1.0, 2.0))
    assert 0.4 < fast / usual < 0.65


def test_the_degree_moves_between_neutral_and_the_emotion(engine: Engine, voice: Voice) -> None:
    neutral = level(speak(engine, voice, utterance(), 1).samples)
    weak, usual, strong = (
        level(speak(engine, voice, utterance(emotion=Emotion.SADNESS, degree=degree), 1).samples)
        for degree in (0.01, 1.0, 1.5)
    )
    assert abs(weak - neutral) < 1
    assert strong < usual < weak


ODD = {
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
"""Text -> the longest speech in seconds that is no babble."""


@pytest.mark.parametrize("text", ODD)
def test_odd_text_neither_babbles_nor_crashes(engine: Engine, voice: Voice, text: str) -> None:
    spoken = speak(engine, voice, utterance(text))
    assert len(spoken.samples) / voice.sample_rate <= ODD[text]
    assert ("nothing_spoken" in codes(spoken)) is (ODD[text] == 0.0)


@pytest.mark.parametrize("text", ["你好世界", "Привет, мир"])
def test_an_unknown_script_does_not_crash_and_is_told_or_read(engine: Engine, voice: Voice, text: str) -> None:
    spoken = speak(engine, voice, utterance(text))
    assert "foreign_script" in codes(spoken)
    assert len(spoken.samples) / voice.sample_rate < 15


def test_a_duration_that_explodes_is_cut_and_told(voice: Voice) -> None:
    with running_engine() as engine:
        speaker = engine.speaker(voice, {Emotion.NEUTRAL: 1.0})
        model = speaker.checkpoint.model.model  # type: ignore[attr-defined]
        model.encoder.duration_predictor.proj.bias.data += 6.0
        spoken = speak(engine, voice, utterance("Hello."))
    assert "runaway" in codes(spoken)
    assert len(spoken.samples) / voice.sample_rate < 15


def test_weights_that_are_no_numbers_are_told_and_not_heard(voice: Voice) -> None:
    with running_engine() as engine:
        speaker = engine.speaker(voice, {Emotion.NEUTRAL: 1.0})
        model = speaker.checkpoint.model.model  # type: ignore[attr-defined]
        model.encoder.proj_m.bias.data.fill_(torch.nan)
        spoken = speak(engine, voice, utterance("Hello."))
    assert "not_finite" in codes(spoken)
    assert len(spoken.samples) == 0
