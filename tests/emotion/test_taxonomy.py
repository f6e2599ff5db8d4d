"""Mapping of labels and names to emotions; unknown ones are error with a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.emotion import ALIASES, map_labels, parse_emotion, read_label_map
from app.emotion.taxonomy import GOEMOTIONS
from app.errors import InvalidClassifier, UnknownEmotion
from app.types import Emotion

J_HARTMANN = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"]
"""Labels in the config.json of j-hartmann/emotion-english-distilroberta-base."""


def test_all_labels_of_goemotions_are_mapped_once() -> None:
    labels = [label for group in GOEMOTIONS.values() for label in group]
    assert len(labels) == len(set(labels)) == 28
    assert set(map_labels(labels).values()) == set(Emotion)


def test_labels_of_j_hartmann_map_to_the_emotions_of_the_same_name() -> None:
    assert map_labels(J_HARTMANN) == {label: Emotion(label) for label in J_HARTMANN}


def test_labels_are_case_insensitive() -> None:
    assert map_labels(["LOVE", "Anger"]) == {"LOVE": Emotion.JOY, "Anger": Emotion.ANGER}


def test_a_label_without_an_emotion_is_refused_by_name() -> None:
    with pytest.raises(InvalidClassifier, match="LABEL_0, boredom") as error:
        map_labels(["joy", "LABEL_0", "boredom"])
    assert "INTONE_LABEL_MAP" in error.value.hint


def test_a_label_map_adds_and_overrides() -> None:
    mapped = map_labels(["boredom", "love"], {"Boredom": "sad", "love": "surprise"})
    assert mapped == {"boredom": Emotion.SADNESS, "love": Emotion.SURPRISE}


def test_a_label_map_with_an_unknown_emotion_is_refused() -> None:
    with pytest.raises(InvalidClassifier, match=r"boredom.*blissful") as error:
        map_labels(["boredom"], {"boredom": "blissful"})
    assert "neutral, joy" in error.value.hint


@pytest.mark.parametrize(("alias", "emotion"), [(name, emotion) for emotion in Emotion for name in ALIASES[emotion]])
def test_an_alias_is_read_in_any_case(alias: str, emotion: Emotion) -> None:
    assert parse_emotion(f" {alias.upper()} ") is emotion


@pytest.mark.parametrize("emotion", Emotion)
def test_an_emotion_is_read_by_its_own_name(emotion: Emotion) -> None:
    assert parse_emotion(emotion.value.title()) is emotion


@pytest.mark.parametrize("name", ["cheerfull", "", "joy\0", "x" * 100_000, "auto", "\ud800"])
def test_an_unknown_emotion_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(UnknownEmotion) as error:
        parse_emotion(name)
    assert all(emotion in error.value.hint for emotion in Emotion)
    assert len(error.value.detail) < 200


def test_the_nearest_emotion_is_suggested() -> None:
    with pytest.raises(UnknownEmotion) as error:
        parse_emotion("cheerfull")
    assert "cheerful?" in error.value.hint


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', "{"])
def test_a_malformed_label_map_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "map.json"
    file.write_text(content)
    with pytest.raises(InvalidClassifier, match=r"map\.json"):
        read_label_map(file)


def test_a_label_map_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text('{"boredom": "sadness"}')
    assert read_label_map(file) == {"boredom": "sadness"}


def test_aliases_are_the_emotional_styles_of_azure() -> None:
    assert {emotion.value: set(names) for emotion, names in ALIASES.items()} == {
        "neutral": {"calm"},
        "joy": {
            *("cheerful", "excited", "friendly", "hopeful", "happy", "joyful", "happiness", "excitement", "hope"),
        },
        "sadness": {"sad", "depressed"},
        "anger": {"angry", "shouting"},
        "fear": {"terrified", "fearful"},
        "surprise": {"surprised"},
        "disgust": {"disgruntled", "disgusted"},
    }


@pytest.mark.parametrize("style", ["chat", "newscast", "whispering", "unfriendly", "customerservice"])
def test_a_style_without_an_emotion_is_not_an_alias(style: str) -> None:
    with pytest.raises(UnknownEmotion):
        parse_emotion(style)
