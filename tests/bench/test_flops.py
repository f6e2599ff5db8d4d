"""Counting and timing of operations."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from app.bench.machine import count_operations, measure_vocoder_rates, prepare_vocoder_trial, use_threads
from app.settings import load_settings


def test_a_multiplication_and_an_addition_are_two_operations() -> None:
    assert count_operations(nn.Linear(3, 5, bias=False), torch.zeros(7, 3)) == 2 * 7 * 3 * 5


def test_the_number_of_threads_is_restored() -> None:
    before = torch.get_num_threads()
    with use_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_each_way_to_run_the_vocoder_has_a_rate(tmp_path: Path) -> None:
    trial = prepare_vocoder_trial(load_settings(graph_cache=tmp_path))
    # Estimated from the shapes of the widest layers, which dominate.
    assert 5e9 < trial.operations < 8e9
    rates = measure_vocoder_rates(trial)
    assert set(rates) == {"vocoder_network_f32", "vocoder_network", "vocoder"}
    assert all(rate > 0 for rate in rates.values()) and rates["vocoder"] < 1.1 * rates["vocoder_network"]
