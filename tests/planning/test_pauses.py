"""Pauses by punctuation mark, paragraph and the two emotions."""

from __future__ import annotations

import pytest

from app.planning.incremental import (
    LINE_PAUSE,
    MARK_PAUSES,
    SPLIT_PAUSE,
    compute_pause,
)
from app.planning.pauses import ASSISTANT, SENTENCE_PAUSE
from app.types import Emotion


def compute(text: str, emotion: Emotion = Emotion.NEUTRAL, following: Emotion = Emotion.NEUTRAL, **ends: bool) -> float:
    ends = {"ends_sentence": True, "ends_paragraph": False} | ends
    return compute_pause(text, emotion, following, **ends)


@pytest.mark.parametrize("mark", MARK_PAUSES)
def test_the_last_punctuation_mark_sets_the_pause(mark: str) -> None:
    assert compute(f"So be it{mark}") == MARK_PAUSES[mark]


@pytest.mark.parametrize("closer", ['"', "”", ")", "’ ", "»"])
def test_a_closing_quote_does_not_hide_the_mark(closer: str) -> None:
    assert compute(f"So be it?{closer}") == MARK_PAUSES["?"]


def test_three_dots_are_an_ellipsis() -> None:
    assert compute("So be it...") == MARK_PAUSES["…"]


def test_a_heading_pauses_like_a_sentence_and_a_split_pauses_briefly() -> None:
    assert compute("Chapter one") == SENTENCE_PAUSE
    assert compute("Chapter one", ends_sentence=False) == SPLIT_PAUSE


def test_the_end_of_a_paragraph_overrides_its_last_mark() -> None:
    assert compute("So be it!", ends_paragraph=True) == ASSISTANT.paragraph


def test_sadness_lengthens_pauses_and_anger_shortens_them() -> None:
    sad = compute("So be it.", Emotion.SADNESS, Emotion.SADNESS)
    angry = compute("So be it.", Emotion.ANGER, Emotion.ANGER)
    assert angry < compute("So be it.") < sad


def test_a_change_of_emotion_lengthens_the_pause() -> None:
    change = compute("So be it.", Emotion.JOY, Emotion.FEAR)
    assert change > compute("So be it.", Emotion.JOY, Emotion.JOY)
    assert change > compute("So be it.", Emotion.FEAR, Emotion.FEAR)


def test_a_line_of_verse_pauses_for_less_than_a_sentence() -> None:
    assert compute("So be it", ends_sentence=False, ends_line=True) == LINE_PAUSE
    assert SPLIT_PAUSE < LINE_PAUSE < SENTENCE_PAUSE


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_the_speed_shortens_and_lengthens_pauses(speed: float) -> None:
    usual = compute("So be it.", Emotion.JOY, Emotion.FEAR)
    assert compute_pause(
        "So be it.", Emotion.JOY, Emotion.FEAR, ends_sentence=True, ends_paragraph=False, speed=speed
    ) == pytest.approx(usual / speed, abs=0.003)
