"""The labelled sentences that the classifier learns from."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.training.emotion.rows import read_examples
from app.types import Emotion
from tests.emotion.spoken_style import read_spoken

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(("source", "count"), [("goemotions", 54263), ("xed", 27068)])
def test_all_rows_are_read(source: str, count: int) -> None:
    rows = [one for one in read_examples(DATA) if one.source == source]
    assert len(rows) == count
    assert {one.split for one in rows} == {"train", "dev", "test"}
    assert {label for one in rows for label in one.labels} == set(Emotion)


def test_no_sentence_of_the_spoken_list_is_in_the_data() -> None:
    spoken = {text.lower() for text, _ in read_spoken()}
    assert not spoken & {one.text.strip().lower() for one in read_examples(DATA)}
