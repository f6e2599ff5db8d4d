"""Whole texts as people send them: the words that are read, against those that a person would read."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from app.emotion import find_word_emotion
from app.text import read_input
from app.text.phonetic import remove_phonemes
from app.types import InputFormat
from tests.text.test_normalize import count_edits

FOLDER = Path(__file__).with_name("real_texts")
MISREADINGS = FOLDER / "misreadings.tsv"
"""Lines of text, tab, sentence as a person reads it: sentences that are still read otherwise."""
TEXTS = {path.stem: path for path in sorted(FOLDER.iterdir()) if path.suffix not in (".read", ".tsv")}
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
MAX_WORD_ERROR_RATE = 0.036


def plan_sentences(name: str) -> list[str]:
    """Return the words of each sentence that the service plans for a text, with tags as the command line reads them."""
    text = TEXTS[name].read_bytes().decode()
    found = read_input(text, InputFormat.AUTO, find_emotion=find_word_emotion)
    return [normalize_case(" ".join(clause.spoken for clause in sentence.clauses)) for sentence in found.sentences]


def normalize_case(spoken: str) -> str:
    return " ".join(WORD.findall(remove_phonemes(spoken).lower().replace("’", "'").replace("‘", "'")))


def read_expected(name: str) -> list[str]:
    """Return the words of each sentence as a person reads a text."""
    return [normalize_case(line) for line in (FOLDER / f"{name}.read").read_text(encoding="utf-8").splitlines()]


def read_misreadings() -> set[tuple[str, str]]:
    with MISREADINGS.open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row["text"], normalize_case(row["read"])) for row in rows}


def test_there_are_twenty_texts() -> None:
    assert len(TEXTS) == 20
    assert b"\r\n" in (FOLDER / "gutenberg.txt").read_bytes()


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_as_a_person_reads_it(name: str) -> None:
    known = {sentence for text, sentence in read_misreadings() if text == name}
    expected, planned = read_expected(name), plan_sentences(name)
    assert known <= set(expected)
    assert len(planned) == len(expected), planned
    for one, other in zip(expected, planned, strict=True):
        assert one == other or one in known


def test_few_words_of_all_texts_are_read_wrongly() -> None:
    wrong = words = 0
    for name in TEXTS:
        expected = " ".join(read_expected(name)).split()
        wrong += count_edits(expected, " ".join(plan_sentences(name)).split())
        words += len(expected)
    assert wrong / words <= MAX_WORD_ERROR_RATE
