"""Phonemes: espeak-ng's, in process, from any text and any thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidVoice
from app.speech.phonemes import Phonemizer

ENGLISH = Phonemizer("en-us")


def test_words_have_their_phonemes_and_stress() -> None:
    assert ENGLISH.phonemize(["Hello world."]) == ["həlˈoʊ wˈɜːld."]


def test_marks_stay_and_space_before_them_goes() -> None:
    assert ENGLISH.phonemize(["Well , yes !"]) == ["wˈɛl, jˈɛs!"]


def test_coquis_name_of_english_is_known() -> None:
    assert Phonemizer("en").phonemize(["Hello"]) == ENGLISH.phonemize(["Hello"])


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(InvalidVoice, match="xx-yy"):
        Phonemizer("xx-yy")


def test_threads_do_not_disturb_each_other() -> None:
    texts = [f"The number {number} is written here." for number in range(40)]
    alone = [ENGLISH.phonemize([text]) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: ENGLISH.phonemize([text]), texts)) == alone


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\0\ud800😀\u200d")), max_size=60))
def test_any_text_gives_one_line(text: str) -> None:
    assert len(ENGLISH.phonemize([text])) == 1
