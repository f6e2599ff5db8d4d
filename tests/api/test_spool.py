"""Spools of complete responses: their budget, and the errors of responses that exceed it."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.api.responses.complete import SpoolWriter
from app.api.responses.spool import BLOCK_BYTES, IN_MEMORY_BYTES, Spool, SpoolBudget
from app.audio.encode import FORMATS, encode
from app.errors import AnswerTooLarge, Busy, NoStorage

MB = 1_000_000
RATE = 24_000
NOISE = np.random.default_rng(1).uniform(-1, 1, 50 * RATE).astype(np.float32)
"""Over 280,000 bytes in every format."""


def write_spool(data: bytes, budget: SpoolBudget) -> Spool:
    spool = Spool(budget)
    spool.append(data)
    spool.finish()
    return spool


@contextmanager
def limit_file_size(most_bytes: int) -> Iterator[None]:
    """Limit the size of every file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_short_response_reserves_nothing_and_a_long_one_its_size_until_it_is_closed() -> None:
    budget = SpoolBudget(1)
    short, long = write_spool(bytes(IN_MEMORY_BYTES), budget), write_spool(bytes(IN_MEMORY_BYTES + 1), budget)
    assert (short.size, long.size, budget.reserved) == (IN_MEMORY_BYTES, IN_MEMORY_BYTES + 1, IN_MEMORY_BYTES + 1)
    for _ in range(2):
        short.close()
        long.close()
    assert budget.reserved == 0


def test_a_discarded_spool_releases_its_space() -> None:
    budget = SpoolBudget(1)
    spool = write_spool(bytes(MB), budget)
    assert budget.reserved == MB
    del spool
    assert budget.reserved == 0


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY_BYTES, 700_001])
def test_every_part_can_be_read_in_blocks(size: int) -> None:
    data = np.random.default_rng(2).bytes(size)
    spool = write_spool(data, SpoolBudget(1))
    for part in (slice(0, size), slice(0, min(size, 1)), slice(size // 3, size // 2), slice(size, size)):
        blocks = list(spool.blocks(part.start, part.stop))
        assert b"".join(blocks) == data[part]
        assert all(len(block) <= BLOCK_BYTES for block in blocks)


def test_a_response_over_the_budget_is_too_large_and_one_over_the_free_space_is_busy() -> None:
    budget = SpoolBudget(1)
    with pytest.raises(AnswerTooLarge, match="share"):
        write_spool(bytes(MB + 1), budget)
    other = write_spool(bytes(600_000), budget)
    with pytest.raises(Busy, match="1 MB") as caught:
        write_spool(bytes(500_000), budget)
    assert "Retry-After" in caught.value.hint and "stream" in caught.value.hint
    assert budget.reserved == 600_000
    other.close()
    assert write_spool(bytes(500_000), budget).size == 500_000


def test_space_is_reserved_in_advance_and_the_unused_rest_is_released() -> None:
    budget = SpoolBudget(1)
    first, second = Spool(budget), Spool(budget)
    first.reserve(700_000)
    with pytest.raises(Busy):
        second.reserve(700_000)
    first.append(bytes(300_000))
    first.finish()
    assert budget.reserved == 300_000
    second.reserve(700_000)


def test_responses_that_grow_at_the_same_time_do_not_all_fail() -> None:
    # Eight responses of 1.6 MB share 8 MB, which is enough for five at a time.
    budget = SpoolBudget(8)
    growing, failed = {Spool(budget) for _ in range(8)}, 0
    for _ in range(100):
        for spool in list(growing):
            try:
                spool.append(bytes(16_000))
            except Busy:
                spool.close()
                growing.remove(spool)
                failed += 1
    assert {spool.size for spool in growing} == {1_600_000}
    assert len(growing) >= 4 and len(growing) + failed == 8


@pytest.mark.parametrize("format", FORMATS)
def test_encoding_into_a_spool_gives_the_bytes_of_the_complete_file(format: str) -> None:
    spool = Spool(SpoolBudget(10))
    writer = SpoolWriter(FORMATS[format].writer(spool, RATE), spool)
    for samples in np.split(NOISE, [1, 1, 20_000, 70_000]):
        writer.push(samples)
    writer.end()
    spool.finish()
    assert spool.size > IN_MEMORY_BYTES and writer.samples == len(NOISE)
    assert b"".join(spool.blocks(0, spool.size)) == encode(NOISE, RATE, format)


@pytest.mark.parametrize("format", FORMATS)
def test_every_encoder_reports_a_response_over_the_budget_as_too_large(format: str) -> None:
    budget = SpoolBudget(0)
    spool = Spool(budget)
    writer = SpoolWriter(FORMATS[format].writer(spool, RATE), spool)
    with pytest.raises(AnswerTooLarge):
        writer.push(NOISE)
    spool.close()
    del writer
    assert budget.reserved == 0


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_temporary_folder_is_reported_as_no_storage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, format: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    spool = Spool(SpoolBudget(10))
    writer = SpoolWriter(FORMATS[format].writer(spool, RATE), spool)
    with pytest.raises(NoStorage) as caught:
        writer.push(NOISE)
    assert "stream" in caught.value.hint and str(tmp_path) not in caught.value.detail


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_reported_as_no_storage(format: str) -> None:
    budget = SpoolBudget(10)
    spool = Spool(budget)
    writer = SpoolWriter(FORMATS[format].writer(spool, RATE), spool)
    with limit_file_size(280_000), pytest.raises(NoStorage):
        writer.push(NOISE)
        writer.end()
        spool.finish()
    spool.close()
    assert budget.reserved == 0


def test_a_failure_to_flush_is_reported_before_the_response_starts() -> None:
    spool = Spool(SpoolBudget(10))
    spool.append(bytes(400_000))
    with limit_file_size(400_000):
        spool.append(b"12")
        with pytest.raises(NoStorage):
            spool.finish()
        spool.close()
