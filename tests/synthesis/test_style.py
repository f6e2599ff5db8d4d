"""`style: prosody`: a voice with one checkpoint approximates the emotions by pitch, rate and level."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.audio.writers import play_faster
from app.errors import FallbackRefused
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline
from app.synthesis.stream import Speech
from app.types import Emotion, SpeechRequest
from app.voices import open_voice
from app.voices.serialize import voice_to_dict
from app.voices.voice import RULES
from tests.tiny_piper import write_piper_voice

TEXT = "The parcel came this morning."


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    folder = write_piper_voice(tmp_path / "v", style="prosody")
    loaded = Pipeline.load(load_settings(voices=[folder], default_voice="tiny", cache_dir=tmp_path / "cache"))
    yield loaded
    loaded.close()


def speak(pipeline: Pipeline, emotion: Emotion, **options: object) -> Speech:
    return pipeline.synthesize(SpeechRequest(TEXT, emotion=emotion, seed=1, **options))


def test_rules_are_reported_as_approximations(pipeline: Pipeline) -> None:
    plan = speak(pipeline, Emotion.ANGER).plan
    (utterance,) = plan.utterances
    assert (utterance.emotion, utterance.checkpoint, utterance.approximated) == (Emotion.ANGER, "main", True)
    assert "approximates anger" in utterance.reason
    assert [warning.code for warning in plan.warnings] == ["approximated"]
    assert not speak(pipeline, Emotion.NEUTRAL).plan.warnings


def test_each_emotion_differs_from_neutral_in_rate_and_level(pipeline: Pipeline) -> None:
    neutral = speak(pipeline, Emotion.NEUTRAL)
    for emotion, (rule, _) in RULES.items():
        spoken = speak(pipeline, emotion)
        ratio = spoken.plan.utterances[0].end / neutral.plan.utterances[0].end
        assert ratio == pytest.approx(1 / rule.speed, abs=0.12), emotion
        assert not np.array_equal(spoken.samples, neutral.samples)
    levels = {emotion: np.std(speak(pipeline, emotion).samples) for emotion in (Emotion.ANGER, Emotion.SADNESS)}
    assert levels[Emotion.ANGER] > np.std(neutral.samples) > levels[Emotion.SADNESS]


def test_the_degree_scales_the_rules(pipeline: Pipeline) -> None:
    ends = [speak(pipeline, Emotion.SADNESS, degree=degree).plan.utterances[0].end for degree in (0.01, 1.0, 2.0)]
    assert ends[0] < ends[1] < ends[2]


def test_the_same_seed_gives_the_same_samples(pipeline: Pipeline) -> None:
    first, again = (speak(pipeline, Emotion.JOY).samples for _ in range(2))
    assert np.array_equal(first, again)


def test_strict_refuses_an_approximation(pipeline: Pipeline) -> None:
    with pytest.raises(FallbackRefused, match="approximates"):
        speak(pipeline, Emotion.FEAR, strict=True)


def test_voices_show_what_is_approximated(tmp_path: Path) -> None:
    shown = voice_to_dict(open_voice(write_piper_voice(tmp_path / "v", style="prosody")))
    assert shown["degree"] and not shown["fallbacks"]
    assert shown["emotions"]["joy"]["approximated"] and "approximated" not in shown["emotions"]["neutral"]
    plain = voice_to_dict(open_voice(write_piper_voice(tmp_path / "w")))
    assert not plain["degree"] and set(plain["emotions"]) == {"neutral"}


def test_a_pitch_is_shifted_without_a_change_of_rate() -> None:
    rate, ratio = 22050, 2 ** (3 / 12)
    made = np.sin(2 * np.pi * 200 * np.arange(round(rate * ratio)) / rate).astype(np.float32)
    samples = np.concatenate(list(play_faster(np.array_split(made, 7), ratio, rate)))
    assert len(samples) == pytest.approx(rate, abs=2)
    spectrum = np.abs(np.fft.rfft(samples[:rate]))
    assert spectrum.argmax() == pytest.approx(200 * ratio, abs=2)
