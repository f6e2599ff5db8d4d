"""Files written piece by piece equal those written at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from app.audio.encode import FORMATS, encode, save

RATE = 24_000
SAMPLES = (0.5 * np.sin(np.arange(50_000) / 20)).astype(np.float32)
PIECES = [SAMPLES[:1], SAMPLES[1:7000], SAMPLES[7000:7000], SAMPLES[7000:]]


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_saved_in_pieces_equals_one_encoded_at_once(tmp_path: Path, format: str) -> None:
    path = tmp_path / "out"
    assert save(path, format, RATE, PIECES) == len(SAMPLES) / RATE
    assert path.read_bytes() == encode(SAMPLES, RATE, format)


@pytest.mark.parametrize("format", FORMATS)
def test_an_error_leaves_no_file(tmp_path: Path, format: str) -> None:
    def yield_and_fail() -> Iterator[npt.NDArray[np.float32]]:
        yield SAMPLES[:20_000]
        raise RuntimeError("the voice broke")

    with pytest.raises(RuntimeError):
        save(tmp_path / "out", format, RATE, yield_and_fail())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_pipe_gets_a_stream(tmp_path: Path, format: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        assert save(pipe, format, RATE, PIECES) == len(SAMPLES) / RATE
    encoder = FORMATS[format].stream(RATE)
    assert read.result() == b"".join([*map(encoder.push, PIECES), encoder.end()])


@pytest.mark.parametrize("format", FORMATS)
def test_sound_can_be_saved_to_a_device(format: str) -> None:
    assert save(Path("/dev/null"), format, RATE, PIECES) > 0


# libsndfile cannot propagate the error: it is printed, and raised when the file is closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is missing")
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_raises_an_error(format: str) -> None:
    with pytest.raises(OSError, match="No space left"):
        save(Path("/dev/full"), format, RATE, PIECES)
