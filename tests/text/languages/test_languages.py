"""Languages other than English: tables of readings and sentences, and properties of any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import normalize, read_text
from app.text.languages.table import list_languages, load_language
from tests.tables import check_rows

FOLDER = Path(__file__).parent
CODES = [language.code for language in list_languages()]
MIN_ROWS = 60


def read_rows(name: str) -> list[tuple[str, ...]]:
    """Return the rows of a table beside this module."""
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(line.split("\t")) for line in lines if line]


@check_rows(("code", "written", "read"), [(code, *row) for code in CODES for row in read_rows(code)])
def test_text_is_read_as_natives_read_it(code: str, written: str, read: str) -> None:
    assert normalize(written, code) == read


@pytest.mark.parametrize("code", CODES)
def test_each_language_has_a_table_of_readings(code: str) -> None:
    assert len(read_rows(code)) >= MIN_ROWS


@check_rows(("code", "sentences"), read_rows("sentences"))
def test_sentences_end_where_they_do(code: str, sentences: str) -> None:
    expected = sentences.split(" ¦ ")
    assert [one.text for one in read_text(" ".join(expected), language=code)] == expected


SIGNS = (
    "0 1 2 3. 31. 2024 1.000 1,5 12:30 14h30 3/4 € $ % °C km/h – - + , . : ; ' « » „ “ ( ) & @ º ª XIV I. Dr. z.B. "
    "etc. p.ex. n.º Mai mai mayo gen. Uhr h Mio. million siglo Louis le der die und y e ss ß é ñ 你 ⟦ 007 +49"
)
PIECES = (*SIGNS.split(), " ", "\ud800", "\u2060")
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@given(text=TEXTS, code=st.sampled_from([*CODES, "de-CH", "pt-BR", "es-MX", "fr-CH", "nl", "ru", "xx"]))
def test_any_text_has_valid_spans_and_no_digit_stays(text: str, code: str) -> None:
    end = 0
    for sentence in read_text(text, language=code):
        assert end <= sentence.start < sentence.end <= len(text)
        assert sentence.text == text[sentence.start : sentence.end] and sentence.language == code
        for clause in sentence.clauses:
            assert sentence.start <= clause.start < clause.end <= sentence.end
            assert clause.text == text[clause.start : clause.end]
            if load_language(code).complete:
                assert not any(map(str.isdigit, clause.spoken))
        end = sentence.end
    assert not text[end:].strip()


@pytest.mark.parametrize("code", [*CODES, "nl", "ru"])
def test_long_numbers_are_read_by_digits(code: str) -> None:
    assert len(normalize("7" * 10_000, code).split()) == 10_000
    assert len(normalize(f"1,{'7' * 10_000}", code).split()) >= 10_000


def test_a_language_that_num2words_does_not_know_keeps_its_digits() -> None:
    assert normalize("Aan 21 sè.", "xx") == "Aan 21 sè."


@check_rows(
    ("language", "base"),
    [("de-DE", "de"), ("DE", "de"), ("pt_BR", "pt"), ("../en", ""), ("nb-NO", "no"), ("x" * 900, ""), ("", "")],
)
def test_a_table_is_found_by_the_code_of_its_language(language: str, base: str) -> None:
    found = load_language(language)
    assert (found.num2words.split("_")[0], found.complete) == (base, base in CODES)


def test_conjunctions_of_the_language_divide_long_sentences() -> None:
    text = f"{'Der Hund bellt laut ' * 8}und {'die Katze schläft dort ' * 8}."
    first, second = next(iter(read_text(text, language="de"))).clauses
    assert second.text.startswith("und die Katze") and first.end <= second.start
