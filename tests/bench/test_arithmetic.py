"""Operations, counted and timed."""

from __future__ import annotations

import torch
from torch import nn

from app.bench.arithmetic import count_operations, matmul_rate, shipped_vocoder, threads, vocoder_share


def test_a_multiplication_and_an_addition_are_two_operations() -> None:
    assert count_operations(nn.Linear(3, 5, bias=False), torch.zeros(7, 3)) == 2 * 7 * 3 * 5


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    with threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_the_vocoder_reaches_a_share_of_what_the_machine_can_multiply() -> None:
    vocoder = shipped_vocoder()
    assert 0 < vocoder_share(vocoder, vocoder.spectrum, matmul_rate(1))
