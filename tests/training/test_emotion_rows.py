"""Soft labels, the selection of rows for training, and their order."""

from __future__ import annotations

from itertools import islice

import pytest

from app.training.emotion.rows import (
    EMOTIONS,
    PASSAGES,
    Example,
    LabelledSentence,
    TrainingRow,
    draw_batches,
    make_example_row,
    make_passage_row,
    select_rows,
    soften_labels,
)
from app.types import Emotion


def make_sentence(
    text: str = "x",
    label: Emotion = Emotion.JOY,
    second: Emotion | None = None,
    intensity: int = 2,
    split: str = "train",
    before: tuple[str, ...] = (),
) -> LabelledSentence:
    return LabelledSentence(split, "fiction", "p", text, label, second, intensity, before)


def name_shares(shares: tuple[float, ...]) -> dict[Emotion, float]:
    return {emotion: share for emotion, share in zip(EMOTIONS, shares, strict=True) if share}


def make_rows(passages: int, others: int) -> list[TrainingRow]:
    rows = [TrainingRow(f"p{number}", "before", (1.0,), 1.0, PASSAGES) for number in range(passages)]
    return rows + [TrainingRow(f"x{number}", "", (1.0,), None, "xed") for number in range(others)]


@pytest.mark.parametrize(
    ("sentence", "weights"),
    [
        (make_sentence(), {Emotion.JOY: 1.0}),
        (make_sentence(second=Emotion.FEAR), {Emotion.JOY: 1.0, Emotion.FEAR: 0.4}),
        (make_sentence(intensity=1), {Emotion.JOY: 1.0, Emotion.NEUTRAL: 0.3}),
        (make_sentence(second=Emotion.NEUTRAL, intensity=1), {Emotion.JOY: 1.0, Emotion.NEUTRAL: 0.7}),
        (make_sentence(label=Emotion.NEUTRAL, intensity=0), {Emotion.NEUTRAL: 1.0}),
    ],
    ids=["clear", "second", "slight", "slight-second-neutral", "neutral"],
)
def test_soften_labels_weighs_the_second_label_and_a_slight_emotion(
    sentence: LabelledSentence, weights: dict[Emotion, float]
) -> None:
    total = sum(weights.values())
    expected = {emotion: pytest.approx(weight / total) for emotion, weight in weights.items()}
    assert name_shares(soften_labels(sentence)) == expected


def test_make_passage_row_joins_the_context_and_scales_the_intensity() -> None:
    row = make_passage_row(make_sentence(before=("One two.", "Three."), intensity=3))
    assert (row.context, row.strength, row.source) == ("One two. Three.", 1.0, PASSAGES)
    assert make_passage_row(make_sentence()).context == ""


def test_make_example_row_has_no_context_and_no_strength() -> None:
    row = make_example_row(Example("x", (Emotion.JOY, Emotion.FEAR), "xed", "train"))
    assert (row.context, row.strength) == ("", None)
    assert name_shares(row.shares) == {Emotion.JOY: 0.5, Emotion.FEAR: 0.5}


def test_select_rows_leaves_out_texts_that_any_source_holds_out() -> None:
    sentences = [make_sentence("Oh!"), make_sentence("oh! ", split="dev"), make_sentence("Ah!"), make_sentence("Eh!")]
    examples = [
        Example("OH!", (Emotion.JOY,), "goemotions", "train"),
        Example("ah!", (Emotion.JOY,), "xed", "test"),
        Example("Ih!", (Emotion.JOY,), "xed", "train"),
        Example("Uh!", (), "xed", "train"),
    ]
    assert [row.text for row in select_rows(sentences, examples)] == ["Eh!", "Ih!"]


def test_draw_batches_begins_with_one_round_of_passages_only() -> None:
    drawn = list(islice(draw_batches(make_rows(64, 100), 8, 0.5, 1), 8))
    assert sorted(row.text for batch in drawn for row in batch) == sorted(f"p{number}" for number in range(64))


def test_draw_batches_adds_other_sources_in_later_rounds() -> None:
    drawn = [row for batch in islice(draw_batches(make_rows(64, 100), 8, 0.5, 1), 8, 8 + 12 * 3) for row in batch]
    others = [row.text for row in drawn if row.source == "xed"]
    assert len(drawn) - len(others) == 3 * 64
    assert len(others) == 3 * 32
    assert len(set(others)) == len(others)


def test_draw_batches_repeats_its_order_only_for_the_same_seed() -> None:
    first, same, other = (list(islice(draw_batches(make_rows(64, 9), 8, 0.5, seed), 30)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_draw_batches_leaves_the_context_out_of_a_fifth_of_the_rows() -> None:
    drawn = [row for batch in islice(draw_batches(make_rows(640, 0), 8, 0.5, 1), 800) for row in batch]
    assert {row.context for row in drawn} == {"", "before"}
    assert sum(not row.context for row in drawn) / len(drawn) == pytest.approx(0.2, abs=0.02)
