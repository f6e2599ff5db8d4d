"""Reading of interjections, stutters, drawn-out words, capitals, chat words and styled letters."""

from __future__ import annotations

import pytest

from app.text import normalize, read_text
from app.text.phonetic import count_model_chars, remove_phonemes
from tests.tables import check_rows
from tests.text.sound_cases import CASES, SOUNDS, STUTTERS


@check_rows(("written", "read"), CASES.items())
def test_informal_spelling_is_read_as_people_do(written: str, read: str) -> None:
    assert normalize(written) == read


@pytest.mark.parametrize("written", [*SOUNDS, *STUTTERS])
def test_voices_that_read_letters_get_the_written_sound(written: str) -> None:
    letters = remove_phonemes(normalize(written)).replace("five millimeters", "5 mm").replace("five PST", "5 PST")
    assert letters == written


def test_long_clauses_with_phonemes_are_cut_between_words() -> None:
    text = "Shhh, " * 200
    clauses = [clause for sentence in read_text(text) for clause in sentence.clauses]
    assert "".join(clause.text for clause in clauses).count("Shhh") == 200
    assert all(clause.spoken.count("⟦") == clause.spoken.count("⟧") for clause in clauses)
    assert all(count_model_chars(clause.spoken) <= 250 for clause in clauses)


def test_callers_cannot_write_phonemes() -> None:
    assert normalize("⟦[r'Ed|read⟧ \ue05b") == "[r'Ed read"
