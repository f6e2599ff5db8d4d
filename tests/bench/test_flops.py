"""Counting and timing of operations."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.bench import machine
from app.bench.machine import count_operations, measure_vocoder_rates, prepare_vocoder_trial, use_threads
from app.inference.pytorch import TorchBackend
from app.settings import load_settings


def test_a_multiplication_and_an_addition_are_two_operations() -> None:
    assert count_operations(nn.Linear(3, 5, bias=False), torch.zeros(7, 3)) == 2 * 7 * 3 * 5


def test_the_number_of_threads_is_restored() -> None:
    before = torch.get_num_threads()
    with use_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_each_way_to_run_the_vocoder_has_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    # The command's own test measures the backends of this machine.
    monkeypatch.setattr(machine, "list_backends", lambda *_, **__: [TorchBackend()])
    monkeypatch.setattr(machine, "RUNS", 1)
    trial = prepare_vocoder_trial(load_settings())
    # Estimated from the shapes of the widest layers, which dominate.
    assert 5e9 < trial.operations < 8e9
    rates = measure_vocoder_rates(trial)
    assert set(rates) == {"vocoder_network_f32", "vocoder_network", "vocoder"}
    assert all(rate > 0 for rate in rates.values())
