"""Segmentation: hard cases, and spans that always point at the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import read_text
from app.text.normalization.abbreviations import BEFORE_NUMBER
from app.text.segment import segment
from tests.common_words import COMMON_WORDS
from tests.tables import check_rows
from tests.text.segmentation_cases import CASES, VERSE, split_case


def split_sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in segment(text)]


@check_rows("case", CASES)
def test_a_hard_case_is_split_into_its_sentences(case: str) -> None:
    text, parts = split_case(case)
    assert split_sentences(text) == parts


@check_rows("word", BEFORE_NUMBER)
def test_no_sentence_ends_between_an_abbreviation_and_its_number(word: str) -> None:
    for text in (f"See {word}. 5 of it.", f"See {word.capitalize()}. 5 of it."):
        assert split_sentences(text) == [text]


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


@pytest.mark.parametrize("following", ["She came home.", "I would not go.", "Tom came home.", "“Stop,” he said."])
def test_a_common_word_with_a_full_stop_ends_a_sentence(following: str) -> None:
    missed = [word for word in COMMON_WORDS if len(split_sentences(f"They saw the {word}. {following}")) != 2]
    assert missed == []


@check_rows("text", [*VERSE, *(split_case(case)[0] for case in CASES if "\n" in case)])
@check_rows("line_end", ["\r\n", "\r", "\u2028"])
def test_every_line_end_is_read_alike(text: str, line_end: str) -> None:
    def read(variant: str) -> list[tuple[list[str], bool, list[str], list[bool]]]:
        return [
            (
                sentence.text.split(),
                sentence.ends_paragraph,
                [clause.spoken for clause in sentence.clauses],
                [clause.ends_line for clause in sentence.clauses],
            )
            for sentence in read_text(variant)
        ]

    variant = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", line_end)
    assert read(variant) == read(variant.replace(line_end, "\n"))
    assert all(variant[one.start : one.end] == one.text for one in read_text(variant))


@given(st.text(alphabet=" .!?,:\n\"'“”()-•1AaI¹", max_size=120))
def test_crlf_is_read_like_lf(text: str) -> None:
    crlf = text.replace("\n", "\r\n")
    unix, windows = segment(text), segment(crlf)
    assert [text[one.start : one.end].split() for one in unix] == [crlf[one.start : one.end].split() for one in windows]


@pytest.mark.parametrize("text", VERSE)
def test_a_line_of_verse_without_a_mark_is_a_clause(text: str) -> None:
    clauses = list(read_text(text))[-1].clauses
    assert [clause.ends_line for clause in clauses] == [True] * (VERSE[text] - 1) + [False]


def test_a_long_list_is_read_in_sentences_of_few_lines() -> None:
    text = "\n".join(["The road goes ever north"] * 100)
    assert max(len(sentence.clauses) for sentence in read_text(text)) <= 8


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("+ Pear\n+ 2 plums", ["Pear", "two plums"]),
        ("* Pear\n* Plum", ["Pear", "Plum"]),
        ("a² + b² = c²", ["a squared plus b squared equals c squared"]),
        ("1.Pear\n2.Plum", ["one. Pear", "two. Plum"]),
        ("☐ shop\n☑ cook", ["shop", "cook"]),
        ("He left.[12] She came.¹", ["He left.", "She came."]),
        ("He left[12, 13]. She said “No.”²", ["He left.", 'She said "No."']),
        ("See [12] and x[1] = 2.", ["See [twelve] and x[one] equals two."]),
    ],
)
def test_bullets_and_footnote_marks_are_not_read(text: str, spoken: list[str]) -> None:
    found = [" ".join(clause.spoken for clause in sentence.clauses) for sentence in read_text(text)]
    assert found == spoken


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
