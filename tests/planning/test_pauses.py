"""Pauses: by mark, by paragraph, by the two emotions."""

from __future__ import annotations

import pytest

from app.planning.incremental import MARK_PAUSES, PARAGRAPH_PAUSE, SENTENCE_PAUSE, SPLIT_PAUSE, compute_pause
from app.types import Emotion


def pause(text: str, here: Emotion = Emotion.NEUTRAL, following: Emotion = Emotion.NEUTRAL, **ends: bool) -> float:
    ends = {"ends_sentence": True, "ends_paragraph": False} | ends
    return compute_pause(text, here, following, **ends)


@pytest.mark.parametrize("mark", MARK_PAUSES)
def test_the_last_mark_decides(mark: str) -> None:
    assert pause(f"So be it{mark}") == MARK_PAUSES[mark]


@pytest.mark.parametrize("closer", ['"', "”", ")", "’ ", "»"])
def test_a_closing_quote_does_not_hide_the_mark(closer: str) -> None:
    assert pause(f"So be it?{closer}") == MARK_PAUSES["?"]


def test_three_dots_are_an_ellipsis() -> None:
    assert pause("So be it...") == MARK_PAUSES["…"]


def test_a_heading_pauses_like_a_sentence_and_a_forced_cut_barely() -> None:
    assert pause("Chapter one") == SENTENCE_PAUSE
    assert pause("Chapter one", ends_sentence=False) == SPLIT_PAUSE


def test_a_paragraph_outweighs_its_last_mark() -> None:
    assert pause("So be it!", ends_paragraph=True) == PARAGRAPH_PAUSE


def test_sadness_lingers_and_anger_does_not() -> None:
    sad = pause("So be it.", Emotion.SADNESS, Emotion.SADNESS)
    angry = pause("So be it.", Emotion.ANGER, Emotion.ANGER)
    assert angry < pause("So be it.") < sad


def test_a_turn_of_feeling_takes_a_breath() -> None:
    turn = pause("So be it.", Emotion.JOY, Emotion.FEAR)
    assert turn > pause("So be it.", Emotion.JOY, Emotion.JOY)
    assert turn > pause("So be it.", Emotion.FEAR, Emotion.FEAR)
