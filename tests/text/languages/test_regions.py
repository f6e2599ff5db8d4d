"""Languages with their region are read like those without it."""

from __future__ import annotations

import pytest

from app.text.languages import get_base_language
from app.text.normalization.cleaning import clean
from app.text.scripts import fit_to_language
from app.text.ssml.pronunciation import read_as_kind


@pytest.mark.parametrize("language", ["en", "en-US", "en_GB", "EN-us"])
def test_english_with_a_region_reads_degrees(language: str) -> None:
    assert "2o" not in clean("It has 2º.", language)


@pytest.mark.parametrize("language", ["ru", "ru-RU", "ru_RU"])
def test_letters_of_a_language_with_a_region_are_kept(language: str) -> None:
    assert fit_to_language("Привет мир", language)[0] == "Привет мир"
    assert get_base_language(language) == "ru"


def test_an_ordinal_sign_is_no_degree_in_spanish_markup() -> None:
    assert "grado" not in read_as_kind("number", "1º", "es-ES")
