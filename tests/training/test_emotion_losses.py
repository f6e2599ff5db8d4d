"""Losses, class weights, the learning rate and the macro-F1."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from app.training.emotion.network import WARM_UP, compute_losses, compute_macro_f1, scale_rate, weigh_classes
from app.training.emotion.passages import f1_score
from app.training.emotion.rows import EMOTIONS, TrainingRow

JOY, FEAR = EMOTIONS.index(EMOTIONS[1]), EMOTIONS.index(EMOTIONS[4])


def make_row(shares: dict[int, float], strength: float | None = None, source: str = "xed") -> TrainingRow:
    return TrainingRow("", "", tuple(shares.get(place, 0.0) for place in range(len(EMOTIONS))), strength, source)


def make_logits(rows: int) -> torch.Tensor:
    return torch.randn(rows, len(EMOTIONS) + 1, generator=torch.Generator().manual_seed(0))


def test_compute_losses_weighs_the_emotions_by_class_and_source() -> None:
    rows = [make_row({JOY: 1.0}), make_row({JOY: 0.75, FEAR: 0.25}, source="goemotions")]
    weights = {"xed": torch.full((7,), 0.4), "goemotions": torch.arange(1.0, 8.0)}
    logits = make_logits(2)
    logs = logits[:, :7].log_softmax(-1)
    parts = (0.4, 0.75 * (JOY + 1), 0.25 * (FEAR + 1))
    expected = -(parts[0] * logs[0, JOY] + parts[1] * logs[1, JOY] + parts[2] * logs[1, FEAR]) / sum(parts)
    assert compute_losses(logits, rows, weights)[0].item() == pytest.approx(expected.item())


def test_compute_losses_counts_the_strength_of_rows_that_have_one() -> None:
    rows = [make_row({JOY: 1.0}, 2 / 3), make_row({JOY: 1.0}), make_row({0: 1.0}, 0.0)]
    logits = make_logits(3)
    targets = torch.tensor([2 / 3, 0.0])
    expected = F.binary_cross_entropy_with_logits(logits[[0, 2], 7], targets)
    assert compute_losses(logits, rows, {"xed": torch.ones(7)})[1].item() == pytest.approx(expected.item())
    assert compute_losses(logits[:1], rows[1:2], {"xed": torch.ones(7)})[1].item() == 0.0


def test_weigh_classes_counts_rarity_separately_in_each_source() -> None:
    rows = [make_row({JOY: 1.0}, source="goemotions")] * 9 + [make_row({FEAR: 1.0}, source="goemotions")]
    rows += [make_row({FEAR: 1.0})] * 9 + [make_row({JOY: 1.0})]
    weights = weigh_classes(rows)
    assert (weights["goemotions"][FEAR] / weights["goemotions"][JOY]).item() == pytest.approx(9**0.3)
    assert (weights["xed"][JOY] / weights["goemotions"][FEAR]).item() == pytest.approx(0.5)
    assert bool(weights["xed"].isfinite().all())


def test_scale_rate_rises_then_falls_to_zero() -> None:
    rates = [scale_rate(step, 1000) for step in range(1001)]
    assert max(rates) == rates[WARM_UP] == 1
    assert rates[: WARM_UP + 1] == sorted(rates[: WARM_UP + 1])
    assert rates[WARM_UP:] == sorted(rates[WARM_UP:], reverse=True)
    assert rates[-1] == 0


def test_scale_rate_warms_up_alike_for_every_number_of_steps() -> None:
    assert [scale_rate(step, 100) for step in range(30)] == [scale_rate(step, 5000) for step in range(30)]


def test_compute_macro_f1_is_the_mean_of_the_seven() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 7, 60)
    rows = [make_row({int(label): 0.6, (int(label) + 1) % 7: 0.4}) for label in labels]
    logits = torch.from_numpy(generator.normal(size=(60, 8)))
    predicted = logits[:, :7].argmax(1).numpy()
    expected = np.mean([f1_score(predicted == place, labels == place) for place in range(7)])
    assert compute_macro_f1(logits, rows) == pytest.approx(float(expected))
