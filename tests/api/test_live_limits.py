"""Sockets and characters of each client are limited."""

from __future__ import annotations

import pytest

from app.api.clients import LiveLimits
from app.errors import Busy, RateLimited, TooManyStreams


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_sockets_are_limited_for_each_client_and_in_total() -> None:
    limits = LiveLimits(3, 2, 0)
    limits.enter("alice")
    limits.enter("alice")
    with pytest.raises(TooManyStreams):
        limits.enter("alice")
    limits.enter("bob")
    with pytest.raises(Busy):
        limits.enter("carol")
    limits.leave("alice")
    limits.enter("carol")
    assert (limits.count, limits.most) == (3, 3)


def test_characters_are_limited_for_each_client_by_minute() -> None:
    clock = Clock()
    limits = LiveLimits(1, 1, 60, clock)
    limits.count_characters("alice", 100)  # more than the burst of 30, once
    with pytest.raises(RateLimited) as limited:
        limits.count_characters("alice", 1)
    assert limited.value.headers["Retry-After"] == "71"
    limits.count_characters("bob", 1)
    clock.now = 71
    limits.count_characters("alice", 1)


def test_zero_means_no_limit_of_characters() -> None:
    limits = LiveLimits(1, 1, 0)
    for _ in range(100):
        limits.count_characters("alice", 10_000)
