"""The judge of emotion, on readings whose differences are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.evaluation.emotion_judge import (
    EmotionJudgement,
    Facts,
    Vector,
    compute_distances,
    compute_segment_distance,
    compute_weights,
    judge_emotions,
    read_facts,
)
from app.evaluation.manner import SAMPLE_RATE
from app.evaluation.recordings import Recording
from app.types import Emotion
from tests.evaluation.measurements import make_measurement
from tests.evaluation.voiced_sounds import Values, make_voiced_sound, measure_sound

EVERYTHING = np.ones(14, dtype=bool)


@pytest.fixture
def facts() -> Facts:
    return read_facts()


def name_emotion(facts: Facts, place: Vector) -> Emotion:
    differences = dict(zip(facts.features, (float(value) for value in place), strict=True))
    return EmotionJudgement(Emotion.JOY, "", differences, compute_distances(differences)).named


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("emotion", Emotion)
def test_the_published_features_of_an_emotion_are_recognised(facts: Facts, emotion: Emotion, share: float) -> None:
    place = (1 - share) * facts.normal[emotion] + share * facts.strong[emotion]
    assert name_emotion(facts, place) == emotion
    assert compute_distances(dict(zip(facts.features, place, strict=True)))[emotion] == pytest.approx(0)


@pytest.mark.parametrize("emotion", [one for one in Emotion if one is not Emotion.NEUTRAL])
def test_weak_features_of_an_emotion_are_neutral(facts: Facts, emotion: Emotion) -> None:
    assert name_emotion(facts, 0.3 * facts.normal[emotion]) == Emotion.NEUTRAL


@pytest.mark.parametrize("emotion", Emotion)
def test_small_errors_of_every_feature_change_few_judgements(facts: Facts, emotion: Emotion) -> None:
    errors = np.random.default_rng(0).normal(0, 0.5, (50, 14)) * facts.scale
    right = [name_emotion(facts, facts.normal[emotion] + error) == emotion for error in errors]
    assert np.mean(right) > 0.8


def test_groups_weigh_the_same_for_any_number_of_features(facts: Facts) -> None:
    shares = compute_weights(facts, EVERYTHING)
    groups = {group: shares[np.array(facts.groups) == group] for group in facts.groups}
    assert {group: len(members) for group, members in groups.items()} == {
        "pitch": 1,
        "movement": 4,
        "tempo": 1,
        "timbre": 8,
    }
    assert all(members.sum() == pytest.approx(1) for members in groups.values())


def test_an_unknown_feature_is_left_out_and_its_group_keeps_its_weight(facts: Facts) -> None:
    known = EVERYTHING.copy()
    known[facts.features.index("slope")] = False
    shares = compute_weights(facts, known)
    assert shares[facts.features.index("slope")] == 0
    assert shares[facts.features.index("range")] == pytest.approx(1 / 3)
    sad = facts.normal[Emotion.SADNESS].copy()
    sad[facts.features.index("slope")] = math.nan
    assert name_emotion(facts, sad) == Emotion.SADNESS


@pytest.mark.parametrize(("place", "expected"), [((1, 2), 2), ((-3, 0), 3), ((5, 4), 5), ((2, 0), 0)])
def test_the_distance_to_a_line_is_that_to_its_nearest_point(place: tuple[float, float], expected: float) -> None:
    assert compute_segment_distance(np.array(place), np.zeros(2), np.array([2.0, 0.0])) == pytest.approx(expected)


def test_a_line_without_length_is_a_point() -> None:
    assert compute_segment_distance(np.array([3.0, 4.0]), np.zeros(2), np.zeros(2)) == 5


def test_emotional_clips_are_compared_with_the_neutral_readings_in_order() -> None:
    def melody(time: Values) -> Values:
        return 3 * np.sin(9 * time)

    readings = [
        Recording("neutral", text, make_voiced_sound(melody, seconds), SAMPLE_RATE)
        for text, seconds in (("A", 0.8), ("B", 1.6))
    ]
    clips = [
        make_measurement("joy", "A", prosody=measure_sound(readings[0].samples)),
        make_measurement("neutral", "C"),
        make_measurement("fear", "B", prosody=measure_sound(make_voiced_sound(lambda time: melody(time) + 5, 1.6))),
    ]
    same, higher = judge_emotions(clips, readings)
    assert (same.emotion, same.text, same.named) == (Emotion.JOY, "A", Emotion.NEUTRAL)
    assert {round(value, 6) for value in same.differences.values()} == {0}
    assert (higher.emotion, higher.text) == (Emotion.FEAR, "B")
    assert higher.differences["pitch"] == pytest.approx(5, abs=0.1)


def test_a_clip_without_its_neutral_reading_is_refused() -> None:
    with pytest.raises(ValueError, match="is shorter"):
        list(judge_emotions([make_measurement("joy")], []))
