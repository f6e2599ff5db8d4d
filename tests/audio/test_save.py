"""Files written piece by piece are those that are written at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from app.audio.encode import FORMATS, encode
from app.audio.save import save

RATE = 24_000
SAMPLES = (0.5 * np.sin(np.arange(50_000) / 20)).astype(np.float32)
PIECES = [SAMPLES[:1], SAMPLES[1:7000], SAMPLES[7000:7000], SAMPLES[7000:]]


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_in_pieces_is_the_file_at_once(tmp_path: Path, format: str) -> None:
    path = tmp_path / "out"
    assert save(path, format, RATE, PIECES) == len(SAMPLES) / RATE
    assert path.read_bytes() == encode(SAMPLES, RATE, format)


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_what_was_written_before_an_error_can_be_heard(tmp_path: Path, format: str) -> None:
    def broken() -> Iterator[npt.NDArray[np.float32]]:
        yield SAMPLES[:20_000]
        raise RuntimeError("the voice broke")

    with pytest.raises(RuntimeError):
        save(tmp_path / "out", format, RATE, broken())
    samples, _ = soundfile.read(tmp_path / "out", dtype="int16")
    assert len(samples) == 20_000


def test_a_pipe_gets_a_stream(tmp_path: Path) -> None:
    assert save(Path("/dev/null"), "wav", RATE, PIECES) > 0
