"""The labelled passages: their splits, and the context of each sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from app.training.emotion.rows import LabelledSentence, read_passages
from app.types import Emotion
from tests.emotion.spoken_style import read_spoken
from tests.training.tiny_encoder import PASSAGE_COLUMNS, write_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sentences() -> list[LabelledSentence]:
    return read_passages(ROOT / "data")


def test_read_passages_finds_every_row_in_its_split(sentences: list[LabelledSentence]) -> None:
    assert Counter(one.split for one in sentences) == {"train": 24798, "dev": 1270, "test": 1217}


def test_read_passages_gives_every_passage_one_split(sentences: list[LabelledSentence]) -> None:
    splits = {(one.passage, one.split) for one in sentences}
    assert len(splits) == len({passage for passage, _ in splits})


def test_read_passages_gives_only_neutral_sentences_no_intensity(sentences: list[LabelledSentence]) -> None:
    assert {one.label for one in sentences} == set(Emotion)
    assert all((one.label is Emotion.NEUTRAL) == (one.intensity == 0) for one in sentences)
    assert all(one.second is not one.label for one in sentences)


def test_read_passages_takes_the_context_from_the_same_passage(
    sentences: list[LabelledSentence],
) -> None:
    earlier: dict[str, list[str]] = {}
    for one in sentences:
        passage = earlier.setdefault(one.passage, [])
        assert one.before == tuple(passage[-2:])
        passage.append(one.text)


def test_read_passages_begins_each_passage_without_context(tmp_path: Path) -> None:
    rows = [
        ("train", "games", passage, str(number), f'"{passage}{number}', "joy", "surprise", "2")
        for passage, number in (("a", 1), ("a", 2), ("a", 3), ("a", 4), ("b", 1), ("c", 1), ("c", 2))
    ]
    write_table(tmp_path / "passages.tsv.gz", PASSAGE_COLUMNS, rows)
    assert [one.before for one in read_passages(tmp_path)] == [
        (),
        ('"a1',),
        ('"a1', '"a2'),
        ('"a2', '"a3'),
        (),
        (),
        ('"c1',),
    ]


def test_passages_hold_no_sentence_of_the_spoken_list(sentences: list[LabelledSentence]) -> None:
    spoken = {text.lower() for text, _ in read_spoken()}
    assert not spoken & {one.text.strip().lower() for one in sentences}
