"""The labelled sentences that the classifier learns from."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.training.emotion.rows import Example, read_examples, select_development, select_training
from app.types import Emotion

DATA = Path(__file__).parents[2] / "data"


def make_example(text: str, split: str, *labels: Emotion) -> Example:
    return Example(text, labels, "xed", split)


@pytest.mark.parametrize(("source", "count"), [("goemotions", 54263), ("xed", 27068)])
def test_all_rows_are_read(source: str, count: int) -> None:
    rows = [one for one in read_examples(DATA) if one.source == source]
    assert len(rows) == count
    assert {one.split for one in rows} == {"train", "dev", "test"}
    assert {label for one in rows for label in one.labels} == set(Emotion)


def test_held_out_sentences_are_never_learned() -> None:
    examples = read_examples(DATA)
    held_out = {one.text.strip().lower() for one in examples if one.split != "train"}
    learned = select_training(examples)
    assert len(learned) > 60_000
    assert not held_out & {one.text.strip().lower() for one in learned}


def test_unlabelled_subtitles_are_learned_as_neutral_and_never_measured() -> None:
    examples = [
        make_example("a", "train"),
        make_example("b", "train", Emotion.JOY),
        make_example("c", "dev"),
        make_example("d", "dev", Emotion.FEAR),
        make_example("D ", "train", Emotion.FEAR),
    ]
    assert [(one.text, one.labels) for one in select_training(examples)] == [
        ("a", (Emotion.NEUTRAL,)),
        ("b", (Emotion.JOY,)),
    ]
    assert [one.text for one in select_development(examples)] == ["d"]


def test_no_sentence_of_the_spoken_list_is_in_the_data() -> None:
    lines = (DATA.parent / "tests" / "emotion" / "spoken_style.tsv").read_text(encoding="utf-8").splitlines()
    spoken = {line.split("\t")[0].lower() for line in lines}
    assert not spoken & {one.text.strip().lower() for one in read_examples(DATA)}
