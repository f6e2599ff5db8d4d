"""Normalisation for speech: a table of cases, and properties of any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import normalize
from app.text.phonetic import remove_phonemes
from tests.text.normalization_cases import CASES


@pytest.mark.parametrize(("written", "read"), CASES.items())
def test_written_text_is_normalized_for_speech(written: str, read: str) -> None:
    assert normalize(written) == read


def test_the_table_has_at_least_100_cases() -> None:
    assert len(CASES) >= 100


@given(st.text())
def test_any_text_is_read_without_digits_controls_or_emoji(text: str) -> None:
    spoken = normalize(text)
    assert not re.search(r"[0-9\x00-\x1f\ud800-\udfff]", spoken)
    assert spoken == spoken.strip()


@given(st.lists(st.from_regex(r"[A-Z]?[a-z]{3,12}", fullmatch=True), min_size=1, max_size=8))
def test_normalizing_plain_words_twice_changes_nothing(words: list[str]) -> None:
    once = normalize(" ".join(words))
    assert normalize(remove_phonemes(once)) == once


@given(st.integers(0, 10**14))
def test_every_whole_number_is_read_in_words(number: int) -> None:
    assert re.fullmatch(r"[a-z -]+", normalize(f"{number:,}"))
