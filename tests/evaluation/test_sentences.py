"""The fixed sentences of the evaluation."""

from __future__ import annotations

from collections import Counter

from app.evaluation.recordings import SENTENCES_FILE, normalize_words, read_sentences
from app.text import read_text
from app.types import Emotion


def test_every_emotion_has_twenty_different_sentences() -> None:
    sentences = read_sentences(list(Emotion))
    assert Counter(one.emotion for one in sentences) == dict.fromkeys(Emotion, 20)
    assert len({normalize_words(one.text) for one in sentences}) == len(sentences)


def test_each_text_is_one_sentence_of_6_to_16_words_that_is_read_as_written() -> None:
    for one in read_sentences(list(Emotion)):
        assert 6 <= len(one.text.split()) <= 16, one.text
        assert one.text.isascii() and not any(character.isdigit() for character in one.text)
        assert [sentence.text for sentence in read_text(one.text)] == [one.text]
        assert [clause.spoken for clause in next(read_text(one.text)).clauses] == [one.text]


def test_a_limited_selection_has_the_same_seeds() -> None:
    everything = read_sentences([Emotion.FEAR])
    assert read_sentences([Emotion.FEAR, Emotion.JOY], limit=3)[3:] == everything[:3]
    assert [one.seed for one in everything] == list(range(20))


def test_the_file_is_a_plain_table() -> None:
    text = SENTENCES_FILE.read_text(encoding="utf-8")
    assert text.endswith("\n") and all(line.count("\t") == 1 for line in text.splitlines())
