"""Segmentation: hard cases, and spans that always point at the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.segment import segment
from tests.text.segmentation_cases import CASES, split_case


def split_sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in segment(text)]


@pytest.mark.parametrize("case", CASES)
def test_a_hard_case_is_split_into_its_sentences(case: str) -> None:
    text, parts = split_case(case)
    assert split_sentences(text) == parts


def test_the_list_has_at_least_100_cases() -> None:
    assert len(CASES) >= 100


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" .!?\n\r\"'“”😀\u0301\ud800")), max_size=200))
def test_spans_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    position = 0
    for span in segment(text):
        assert not text[position : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip() != ""
        position = span.end
    assert not text[position:].strip()


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n \t\n", "\r\r", "\u2029", "\n\n\n\n"])
def test_a_blank_line_ends_the_paragraph(gap: str) -> None:
    assert [span.ends_paragraph for span in segment(f"One. Two{gap}Three.")] == [False, True, True]


def test_a_single_line_break_ends_no_sentence() -> None:
    assert split_sentences("One line\nand its other half.") == ["One line\nand its other half."]


def test_punctuation_without_words_belongs_to_the_sentence_before() -> None:
    assert split_sentences("Great! 🎉🎉 !!! Next.") == ["Great! 🎉🎉 !!!", "Next."]
    assert split_sentences("She came. He left. -") == ["She came.", "He left. -"]


def test_a_combining_mark_is_never_separated_from_its_letter() -> None:
    assert split_sentences("Cafe\u0301. Olé!") == ["Cafe\u0301.", "Olé!"]
