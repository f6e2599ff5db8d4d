"""The published facts about the prosody of emotions."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluation.emotion_judge import BAND_NAMES, FACTS_FILE, read_facts
from app.types import Emotion


def test_the_file_is_a_plain_table() -> None:
    lines = FACTS_FILE.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 15 and {line.count("\t") for line in lines} == {14}


def test_every_emotion_but_neutral_differs_from_neutral() -> None:
    facts = read_facts()
    for centres in (facts.normal, facts.strong):
        assert set(centres) == set(Emotion)
        for emotion, centre in centres.items():
            assert centre.shape == facts.scale.shape
            assert centre.any() == (emotion is not Emotion.NEUTRAL)


def test_a_single_figure_applies_to_both_intensities() -> None:
    facts = read_facts()
    ending, pitch = facts.features.index("ending"), facts.features.index("pitch")
    assert facts.normal[Emotion.FEAR][ending] == facts.strong[Emotion.FEAR][ending] == 1.3
    assert (facts.normal[Emotion.FEAR][pitch], facts.strong[Emotion.FEAR][pitch]) == (4.5, 11.8)


def test_the_levels_of_the_bands_are_relative_to_their_mean() -> None:
    facts = read_facts()
    bands = np.isin(facts.features, BAND_NAMES)
    assert bands.sum() == 7
    for emotion in Emotion:
        assert facts.normal[emotion][bands].sum() == pytest.approx(0)
    low, high = np.flatnonzero(bands)[[0, -1]]
    anger = facts.normal[Emotion.ANGER]
    assert anger[high] - anger[low] == pytest.approx(-0.9 - -2.4)


def test_the_scale_is_the_spread_between_emotions_of_one_intensity() -> None:
    facts = read_facts()
    pitch = facts.features.index("pitch")
    normal, strong = [0, 2.2, 0.7, 1.7, 4.5, 3.1, 0.1], [0, 8.5, 6.3, 8.2, 11.8, 5.5, 2.7]
    assert facts.scale[pitch] == pytest.approx(np.sqrt((np.var(normal) + np.var(strong)) / 2))
    assert len({*facts.scale[np.isin(facts.features, BAND_NAMES)]}) == 1
