"""The comparison of words: normalisation, syllables and homophones."""

from __future__ import annotations

import pytest

from app.evaluation.recordings import HOMOPHONES, count_vowel_groups, find_edge_errors, normalize_words


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
def test_case_punctuation_and_contractions_are_ignored(text: str, words: str) -> None:
    assert normalize_words(text) == words
    assert normalize_words(words) == words


def test_vowel_groups_approximate_syllables() -> None:
    assert [count_vowel_groups(word) for word in ("strength", "beautiful", "EYE", "rhythm", "")] == [1, 3, 1, 1, 0]


@pytest.mark.parametrize(
    ("understood", "errors"),
    [
        ("Sail along the coast.", (False, False)),
        ("sale, along the coast", (False, False)),
        ("Sale along the most", (False, True)),
        ("Mail along the coast.", (True, False)),
        ("Oh, sail along the coast.", (True, False)),
        ("Sail along the coast. You.", (False, True)),
        ("Sail a long the co ast", (False, False)),
        ("Sailalong the coast", (False, False)),
        ("Sailing the coast", (True, False)),
        ("along the coast", (True, False)),
        ("Sail", (False, True)),
        ("", (True, True)),
    ],
)
def test_first_and_last_words_are_compared_by_their_sound(understood: str, errors: tuple[bool, bool]) -> None:
    assert find_edge_errors("Sail along the coast.", understood) == errors


def test_each_homophone_occurs_in_one_line() -> None:
    words = [word for line in HOMOPHONES for word in line.split()]
    assert len(words) == len(set(words))
    assert find_edge_errors("Know it too", "No it 2") == (False, False)
    assert find_edge_errors("Zebras drink", "Zebra's drinks") == (False, True)
