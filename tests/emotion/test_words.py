"""The table of words that corrects the probabilities of a classifier."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from app.emotion import Classifier
from app.emotion.words import (
    COLUMNS,
    CONSTANT,
    MAX_WEIGHT,
    REGISTERS,
    WordTable,
    read_terms,
    read_words,
    write_words,
)
from app.packages import bundled_models_dir
from app.types import Emotion

SHIPPED = bundled_models_dir() / "emotion" / "minilm-ekman"
EVEN = dict.fromkeys(Emotion, 1 / 7)
NOTHING = (0,) * len(COLUMNS)


def make_row(**hundredths: int) -> tuple[int, ...]:
    """Return a row; the name of a weight is that of its column, with `_` for a space."""
    return tuple(hundredths.get(name.replace(" ", "_"), 0) for name in COLUMNS)


def make_probabilities(**scores: float) -> dict[Emotion, float]:
    total = sum(math.exp(scores.get(one, 0.0)) for one in Emotion)
    return {one: math.exp(scores.get(one, 0.0)) / total for one in Emotion}


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
    rows = {
        CONSTANT: make_row(stories=2000, stories_anger=50),
        "oh": make_row(stories_joy=100, posts_fear=1000),
        "!": make_row(stories_joy=200, stories_fear=100),
    }
    corrected = WordTable(rows, 0.5).correct({**EVEN, Emotion.JOY: 1 / 28}, "Oh! Oh!", alone=True)
    root = math.sqrt(len(read_terms("Oh! Oh!")))
    assert corrected == pytest.approx(
        make_probabilities(anger=0.5, joy=3 / root - math.log(2), fear=1 / root), abs=1e-6
    )


def test_words_decide_between_registers() -> None:
    constant = make_row(stories_joy=100, posts_joy=300)
    table = WordTable({CONSTANT: constant, "lol": make_row(posts=1000)}, 1.0)
    assert table.correct(EVEN, "Well.", alone=True) == pytest.approx(
        make_probabilities(joy=(1 + 3 + 0) / len(REGISTERS))
    )
    share = math.exp(10 / math.sqrt(len(read_terms("lol"))))
    assert table.correct(EVEN, "lol", alone=True) == pytest.approx(
        make_probabilities(joy=(1 + 3 * share) / (2 + share))
    )


def test_a_sentence_with_a_context_is_one_of_a_story() -> None:
    table = WordTable({CONSTANT: make_row(posts=1000, stories_joy=100, posts_fear=300)}, 1.0)
    assert table.correct(EVEN, "So?", alone=False) == pytest.approx(make_probabilities(joy=1))
    assert table.correct(EVEN, "So?", alone=True)[Emotion.FEAR] > 0.7


@pytest.mark.parametrize("text", ["", "unknown", "\0", "a b " * 50_000, " ".join(map(chr, range(97, 123))) * 200])
def test_any_text_has_probabilities(text: str) -> None:
    high = make_row(**{name.replace(" ", "_"): (-1) ** place * MAX_WEIGHT for place, name in enumerate(COLUMNS)})
    terms = read_terms(text)
    table = WordTable({CONSTANT: NOTHING, **dict.fromkeys(terms, high)}, 1.0)
    assert sum(table.correct(EVEN, text, alone=True).values()) == pytest.approx(1)


def test_a_written_table_is_read_again(tmp_path: Path) -> None:
    rows = {CONSTANT: NOTHING, '"': make_row(posts_joy=25), "don't !": make_row(subtitles=-150)}
    write_words(tmp_path / "words.tsv", rows)
    assert read_words(tmp_path / "words.tsv", 0.6) == WordTable(rows, 0.6)


HEADER = "\t".join(("term", *COLUMNS)) + "\n"


@pytest.mark.parametrize(
    "content",
    ["", "term\tjoy\n", HEADER, HEADER + "oh" + "\t1" * len(COLUMNS), HEADER + "\t1" * 6, HEADER + "\tone" * 24]
    + [HEADER + f"\t{value}" * len(COLUMNS) for value in ("nan", "1001", "0.5")],
)
def test_a_malformed_table_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"columns|row|weight|int"):
        read_words(path, 1.0)


def test_the_shipped_table_knows_what_is_disgusting() -> None:
    words = Classifier.load(SHIPPED).words
    assert words is not None
    corrected = words.correct(EVEN, "It smells of something rotten.", alone=True)
    assert max(corrected, key=lambda one: corrected[one]) is Emotion.DISGUST
