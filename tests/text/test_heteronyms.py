"""Readings of words with one spelling and two sounds, by their context, as phonemes of espeak-ng."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from app.synthesis.tokenizer import Phonemizer
from app.text import normalize
from app.text.phonetic import ESPEAK, remove_phonemes, split_phonetic
from tests.tables import check_rows

with Path(__file__).with_name("heteronyms.tsv").open(encoding="utf-8") as file:
    ROWS = [(row["word"], row["right"], row["wrong"], row["sentence"]) for row in csv.DictReader(file, delimiter="\t")]
ENGLISH = Phonemizer("en-us")
MIN_SENTENCES = 120
ENDINGS = {"ɾ": "t", "ɚɹ": "ɚ", "ɹ": ""}
"""Last sounds that change before a vowel."""


def phonemize(spoken: str) -> str:
    """Return the phonemes of a text with readings, without secondary stress."""
    letters = [
        ENGLISH.insert_phonemes(phonemes.removeprefix(ESPEAK), text) if phonemes else text
        for phonemes, text in split_phonetic(spoken)
    ]
    return ENGLISH.phonemize(["".join(letters)])[0].replace("ˌ", "")


def unify_end(word: str) -> str:
    """Return the phonemes of a word as they are at the end of a sentence."""
    return re.sub("(ɾ|ɚɹ|ɹ)$", lambda match: ENDINGS[match[0]], word)


@check_rows(("word", "right", "wrong", "sentence"), ROWS)
def test_the_context_decides_how_a_word_sounds(word: str, right: str, wrong: str, sentence: str) -> None:
    spoken = normalize(sentence)
    assert remove_phonemes(spoken) == sentence
    heard = {unify_end(one) for one in re.findall(r"\w+", phonemize(spoken).replace("ᵻ", "ɪ"))}
    expected, other = (unify_end(phonemize(f"⟦{ESPEAK}{one}|{word}⟧").replace("ᵻ", "ɪ")) for one in (right, wrong))
    assert heard & {expected, expected.replace("ˈ", "")}
    assert other not in heard


def test_the_sentences_cover_both_readings_of_most_words() -> None:
    assert len(ROWS) >= MIN_SENTENCES
    readings = {(word, right) for word, right, _, _ in ROWS}
    assert len(readings) >= 2 * len({word for word, _ in readings}) - 2


@pytest.mark.parametrize(
    "text",
    [
        "the read_only flag and a close-up",
        "read.me",
        "the records of bowls, winds and tearful uses",
        "Bows and wounds.",
        "no heteronym",
    ],
)
def test_other_words_stay_letters(text: str) -> None:
    assert "⟦" not in normalize(text)
