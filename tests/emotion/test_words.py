"""The table of words that corrects the probabilities of a classifier."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from app.emotion import Classifier
from app.emotion.words import CONSTANT, WordTable, read_terms, read_words, write_words
from app.packages import bundled_models_dir
from app.types import Emotion

SHIPPED = bundled_models_dir() / "emotion" / "minilm-ekman"
EVEN = dict.fromkeys(Emotion, 1 / 7)
NOTHING = (0.0,) * 7


def make_row(**weights: float) -> tuple[float, ...]:
    return tuple(weights.get(emotion, 0.0) for emotion in Emotion)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Oh!", {"^", "oh", "!", "$", "^ oh", "oh !", "! $"}),
        ("“Don’t,”", {"^", '"', "don't", ",", "$", '^ "', "\" don't", "don't ,", ', "', '" $'}),
        ("It cost 1,200", {"^", "it", "cost", "0", ",", "$", "^ it", "it cost", "cost 0", "0 ,", ", 0", "0 $"}),
        ("NO...", {"^", "no", "…", "$", "^ no", "no …", "… $", "CAPITALS"}),
        ("\ud800 é", {"^", "$", "^ $"}),
    ],
)
def test_terms_are_words_marks_and_pairs(text: str, terms: set[str]) -> None:
    assert read_terms(text) == terms


def test_probabilities_are_multiplied_by_the_scores_of_known_terms() -> None:
    table = WordTable({CONSTANT: make_row(anger=0.5), "oh": make_row(joy=1.0), "!": make_row(joy=2.0, fear=1.0)}, 0.5)
    corrected = table.correct({**EVEN, Emotion.JOY: 1 / 28}, "Oh! Oh!")
    scores = {Emotion.ANGER: 0.5, Emotion.JOY: 3 / math.sqrt(2) - math.log(2), Emotion.FEAR: 1 / math.sqrt(2)}
    total = sum(math.exp(scores.get(one, 0.0)) for one in Emotion)
    assert corrected == pytest.approx({one: math.exp(scores.get(one, 0.0)) / total for one in Emotion})


@pytest.mark.parametrize("text", ["", "unknown", "\0", "a b " * 50_000, " ".join(map(chr, range(97, 123))) * 200])
def test_any_text_has_probabilities(text: str) -> None:
    terms = read_terms(text)
    table = WordTable({CONSTANT: NOTHING, **dict.fromkeys(terms, make_row(joy=10.0, fear=-10.0))}, 1.0)
    assert sum(table.correct(EVEN, text).values()) == pytest.approx(1)


def test_a_written_table_is_read_again(tmp_path: Path) -> None:
    rows = {CONSTANT: NOTHING, '"': make_row(joy=0.25), "don't !": make_row(fear=-1.5)}
    write_words(tmp_path / "words.tsv", rows)
    assert read_words(tmp_path / "words.tsv", 0.6) == WordTable(rows, 0.6)


HEADER = "\t".join(("term", *Emotion)) + "\n"


@pytest.mark.parametrize(
    "content",
    ["", "term\tjoy\n", HEADER, HEADER + "oh" + "\t1" * 7, HEADER + "\t1" * 6, HEADER + "\tone" * 7]
    + [HEADER + f"\t{value}" * 7 for value in ("nan", "11", "inf")],
)
def test_a_malformed_table_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"columns|row|weight|float"):
        read_words(path, 1.0)


def test_the_shipped_table_knows_what_is_disgusting() -> None:
    words = Classifier.load(SHIPPED).words
    assert words is not None
    corrected = words.correct(EVEN, "It smells of something rotten.")
    assert max(corrected, key=lambda one: corrected[one]) is Emotion.DISGUST
