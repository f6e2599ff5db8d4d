"""Normalization for speech: tables of cases, hard sentences, and properties of any text."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.text import normalize
from app.text.phonetic import remove_phonemes
from tests.tables import check_rows
from tests.text import verbalization_cases
from tests.text.normalization_cases import CASES

HARD_SENTENCES = Path(__file__).with_name("hard_sentences.tsv")
WORD = re.compile(r"[\w']+")
MAX_WORD_ERROR_RATE = 0.005


@check_rows(("written", "read"), CASES.items())
def test_written_text_is_normalized_for_speech(written: str, read: str) -> None:
    assert normalize(written) == read


@check_rows(("written", "read"), verbalization_cases.CASES.items())
def test_numbers_units_dates_and_signs_are_read_as_words(written: str, read: str) -> None:
    assert normalize(written) == read


def test_hard_sentences_are_read_with_few_wrong_words() -> None:
    with HARD_SENTENCES.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    pairs = [
        (WORD.findall(row["read"]), WORD.findall(remove_phonemes(normalize(row["written"])).lower())) for row in rows
    ]
    assert len(pairs) >= 60
    wrong = sum(count_edits(expected, read) for expected, read in pairs)
    assert wrong / sum(len(expected) for expected, _ in pairs) <= MAX_WORD_ERROR_RATE


def count_edits(expected: list[str], read: list[str]) -> int:
    """Return the fewest words to insert, drop and replace between two readings."""
    costs = list(range(len(read) + 1))
    for row, word in enumerate(expected, 1):
        above, costs[0] = costs[0], row
        for column, other in enumerate(read, 1):
            above, costs[column] = costs[column], min(costs[column], costs[column - 1], above - (word == other)) + 1
    return costs[-1]


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
