"""What counts as the same words."""

from __future__ import annotations

import pytest

from app.evaluation.wording import normalized, vowel_groups


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", "hello world"),
        ("I can't believe it’s you.", "i cannot believe it is you"),
        ("She's here; he's not. WE'RE late", "she is here he is not we are late"),
        ("a well-known “fact” – really…", "a well known fact really"),
        ("Room 12", "room 12"),
        ("  \n\t ", ""),
        ("...", ""),
        ("the children's toys", "the children's toys"),
    ],
)
def test_case_marks_and_contractions_do_not_count(text: str, words: str) -> None:
    assert normalized(text) == words
    assert normalized(words) == words


def test_vowel_groups_are_about_syllables() -> None:
    assert [vowel_groups(word) for word in ("strength", "beautiful", "EYE", "rhythm", "")] == [1, 3, 1, 1, 0]
