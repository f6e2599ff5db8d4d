"""Letters that a voice's language cannot read are simplified or left out, and counted."""

from __future__ import annotations

import pytest

from app.text.scripts import fit_to_language

FITTED = {
    "Nguyễn Thị Hạnh": "Nguyen Thi Hanh",
    "Đặng, Trần": "Đang, Tran",
    "résumé, Łódź, Škoda": "résumé, Łódź, Škoda",
    "Kṛṣṇa ɡave": "Krsna gave",
    "H\u0336i\u0336 there": "Hi there",
    "Qurʾān": "Qurān",
    "α and ΔT": "α and ΔT",
    "Ωmega": "Ωmega",
    "plain": "plain",
}
LEFT_OUT = {
    "你好 friend": ("friend", {"Chinese characters": 2}),
    "ok, спасибо!": ("ok,!", {"Cyrillic": 7}),
    "Καλημέρα σε all": ("all", {"Greek": 10}),
    "say 「東京」 now": ("say now", {"Chinese characters": 2}),
    "안녕": ("", {"Korean": 2}),
    "ありがとう": ("", {"Hiragana": 5}),
    "नमस्ते": ("", {"Devanagari": 4}),
}


@pytest.mark.parametrize(("text", "fitted"), FITTED.items())
def test_letters_unknown_in_english_lose_their_marks(text: str, fitted: str) -> None:
    assert fit_to_language(text, "en-US") == (fitted, {})


@pytest.mark.parametrize(("text", "expected"), LEFT_OUT.items())
def test_words_of_other_scripts_are_left_out_and_counted(text: str, expected: tuple[str, dict[str, int]]) -> None:
    assert fit_to_language(text, "en-GB") == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [("Привет", "ru-RU"), ("Ελλάδα", "el"), ("東京です", "ja-JP"), ("Nguyễn", "vi"), ("안녕", "ko")],
)
def test_each_language_reads_its_own_letters(text: str, language: str) -> None:
    assert fit_to_language(text, language) == (text, {})


def test_words_with_phonemes_are_read_in_any_script() -> None:
    assert fit_to_language("⟦nixˈaʊ|你好⟧ 你", "en-US") == ("⟦nixˈaʊ|你好⟧", {"Chinese characters": 1})
