"""Languages other than English: tables of readings and sentences, and properties of any text."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.text import normalize, read_text
from app.text.languages.table import list_languages
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
