"""Lists of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.errors import SetupError
from app.evaluation.recordings import read_recordings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a folder with a stereo sound, left 0.5 and right 0, and two files without sound."""
    soundfile.write(tmp_path / "one.wav", np.tile([0.5, 0.0], (800, 1)), 8000)
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("no sound")
    return tmp_path


def write_list(folder: Path, content: str) -> Path:
    path = folder / "list.tsv"
    path.write_text(content, encoding="utf-8")
    return path


def test_files_are_found_next_to_the_list_and_channels_are_averaged(folder: Path) -> None:
    path = write_list(folder, f"joy\tone.wav\tHello.\n\nsad\t{folder / 'one.wav'}\tBye.\n")
    first, second = read_recordings(path)
    assert (first.group, first.text, first.sample_rate, first.seconds) == ("joy", "Hello.", 8000, 0.1)
    assert first.samples.shape == (800,) and np.allclose(first.samples, 0.25, atol=1e-3)
    assert (second.group, second.computing_seconds) == ("sad", None)


def test_the_limit_holds_for_each_group(folder: Path) -> None:
    path = write_list(folder, "a\tone.wav\tOne.\na\tone.wav\tTwo.\nb\tone.wav\tThree.\n")
    assert [one.text for one in read_recordings(path, limit=1)] == ["One.", "Three."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "names no recordings"),
        ("joy\tone.wav\n", "Line 1"),
        ("joy\tone.wav\tHi.\njoy\tone.wav\t...\n", "Line 2"),
        ("joy\tmissing.wav\tHi.\n", "missing.wav"),
        ("joy\tempty.wav\tHi.\n", "empty.wav"),
        ("joy\ttext.wav\tHi.\n", "text.wav"),
    ],
)
def test_lists_and_files_that_cannot_be_read_are_refused(folder: Path, content: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        read_recordings(write_list(folder, content))


def test_a_list_that_is_not_utf_8_is_refused(folder: Path) -> None:
    path = folder / "list.tsv"
    path.write_bytes(b"joy\tone.wav\tcaf\xe9\n")
    with pytest.raises(SetupError, match="UTF-8"):
        read_recordings(path)
