"""Fitting a voice's expression: texts, targets and steps towards them."""

from __future__ import annotations

import pytest

from app.evaluation.emotion_judge import BAND_NAMES, read_facts
from app.evaluation.recordings import SENTENCES_FILE
from app.types import Emotion
from app.voices.manifest import Expression
from scripts.fit_expression import (
    MAX_LEVEL,
    MAX_SEMITONES,
    RANGES,
    STEP,
    TEXT_LENGTHS,
    average,
    make_target,
    move,
    read_texts,
)

FEATURES = read_facts().features


def test_each_round_has_other_texts_and_half_of_them_are_exclamations_or_questions() -> None:
    first, second = read_texts(8, 0), read_texts(8, 1)
    assert len(first) == len(second) == 8
    assert not set(first) & set(second)
    assert [text[-1] == "." for text in first] == [True] * 4 + [False] * 4
    assert all(len(text) in TEXT_LENGTHS for text in first)


def test_texts_are_not_those_of_the_evaluation() -> None:
    evaluated = SENTENCES_FILE.read_text(encoding="utf-8")
    assert not any(text in evaluated for number in range(6) for text in read_texts(24, number))


def test_a_target_lies_between_the_normal_and_the_strong_reading() -> None:
    facts, target = read_facts(), make_target(Emotion.JOY)
    for place, name in enumerate(facts.features):
        ends = sorted((facts.normal[Emotion.JOY][place], facts.strong[Emotion.JOY][place]))
        if name == "range":
            assert target[name] == RANGES[Emotion.JOY]
        else:
            assert ends[0] - 1e-9 <= target[name] <= ends[1] + 1e-9


def test_means_leave_out_what_could_not_be_measured() -> None:
    assert average([{"pitch": 1.0}, {"pitch": float("nan")}, {"pitch": 3.0}]) == {"pitch": 2.0}


def make_features(value: float = 0.0, **changes: float) -> dict[str, float]:
    return dict.fromkeys(FEATURES, value) | changes


def test_an_expression_that_reaches_its_target_stays() -> None:
    old = Expression(pitch=2.0, slope=-1.0, speed=1.1, bands=(1.0, -1.0, *([0.0] * (len(BAND_NAMES) - 2))))
    target = make_features(0.5)
    assert move(old, make_features(5.0), target, target, tremor=old.tremor) == old


def test_a_step_covers_a_share_of_the_distance() -> None:
    old = Expression()
    moved = move(old, make_features(5.0), make_features(), make_features(pitch=3.0, duration=0.2), tremor=0.1)
    assert moved.pitch == pytest.approx(old.pitch + 3 * STEP)
    assert moved.speed < old.speed  # longer speech is slower
    assert moved.tremor == 0.1
    assert (moved.slope, moved.ending, moved.bands) == (old.slope, old.ending, old.bands)


def test_steps_stay_within_limits() -> None:
    far = make_features(pitch=900.0, **{BAND_NAMES[0]: 900.0})
    moved = move(Expression(), make_features(5.0), make_features(), far, tremor=0.0)
    assert moved.pitch == MAX_SEMITONES
    assert max(map(abs, moved.bands)) <= MAX_LEVEL
