"""Phonemes of espeak-ng, in process, for any text and from any thread."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import espeakng_loader
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper

from app.errors import InvalidVoice
from app.synthesis.tokenizer import Phonemizer

ENGLISH = Phonemizer("en-us")
MAPS = Path("/proc/self/maps")


def test_words_have_their_phonemes_and_stress() -> None:
    assert ENGLISH.phonemize(["Hello world."]) == ["həlˈoʊ wˈɜːld."]


def test_punctuation_is_kept_and_space_before_it_is_removed() -> None:
    assert ENGLISH.phonemize(["Well , yes !"]) == ["wˈɛl, jˈɛs!"]


def test_coquis_code_of_english_is_accepted() -> None:
    assert Phonemizer("en").phonemize(["Hello"]) == ENGLISH.phonemize(["Hello"])


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(InvalidVoice, match="xx-yy"):
        Phonemizer("xx-yy")


def test_concurrent_threads_get_the_phonemes_of_their_own_texts() -> None:
    texts = [f"The number {number} is written here." for number in range(40)]
    expected = [ENGLISH.phonemize([text]) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: ENGLISH.phonemize([text]), texts)) == expected


TEXTS = [
    "Hello world.",
    'Well, yes! "Who (really) said that?" — nobody…',
    "The déjà vu of Zürich, in 1984; 3.5 km",
    "?!",
    "",
    "  spaces   and\ttabs ",
    "snake_case and __init__",
    "你好 and Привет",
]


@pytest.mark.parametrize("language", ["en-us", "de", "fr-fr", "cmn"])
def test_phonemes_equal_those_of_phonemizer(language: str) -> None:
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    theirs = EspeakBackend(language, preserve_punctuation=True, with_stress=True, language_switch="remove-flags")
    for text in TEXTS:
        assert Phonemizer(language).phonemize([text]) == theirs.phonemize([text or " "], strip=True)


def test_alternating_languages_get_their_own_phonemes() -> None:
    german = Phonemizer("de")
    expected = [ENGLISH.phonemize(TEXTS[:3]), german.phonemize(TEXTS[:3])]
    with ThreadPoolExecutor(4) as pool:
        for phonemes in pool.map(lambda one: one.phonemize(TEXTS[:3]), [ENGLISH, german] * 10):
            assert phonemes in expected
    assert [ENGLISH.phonemize(TEXTS[:3]), german.phonemize(TEXTS[:3])] == expected


@pytest.mark.skipif(not MAPS.exists(), reason="only Linux lists the loaded libraries of a process")
def test_more_phonemizers_load_no_more_libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        tempfile, "tempdir", str(tmp_path / "missing")
    )  # they need no folder for temporary files either
    before = list_espeak_libraries()
    for language in ("en-us", "de", "en-us"):
        Phonemizer(language)
    assert list_espeak_libraries() == before


def list_espeak_libraries() -> set[str]:
    """Return every file of espeak-ng's library that this process has loaded."""
    return {line.split()[-1] for line in MAPS.read_text().splitlines() if "libespeak" in line}


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\0\ud800😀\u200d")), max_size=60))
def test_any_text_gives_one_line(text: str) -> None:
    assert len(ENGLISH.phonemize([text])) == 1
