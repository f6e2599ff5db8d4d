"""Output files: complete under their names, or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.audio.files import STDOUT, is_replaceable, open_output


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "book.mp3"
    with open_output(path) as file:
        file.write(b"sound")
        assert not path.exists()
        assert len(list_names(tmp_path)) == 1
    assert path.read_bytes() == b"sound"
    assert list_names(tmp_path) == ["book.mp3"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, b"older"])
def test_an_error_leaves_what_was_there_before(
    tmp_path: Path, before: bytes | None, error: type[BaseException]
) -> None:
    path = tmp_path / "book.mp3"
    if before:
        path.write_bytes(before)
    with pytest.raises(error), open_output(path) as file:
        file.write(b"half")
        raise error
    assert list_names(tmp_path) == (["book.mp3"] if before else [])
    assert not before or path.read_bytes() == before


def test_a_link_stays_a_link_and_a_mode_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "target.wav", tmp_path / "link.wav"
    target.write_bytes(b"older")
    target.chmod(0o640)
    link.symlink_to(target)
    with open_output(link) as file:
        file.write(b"sound")
    assert link.is_symlink() and target.read_bytes() == b"sound"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link.wav"
    link.symlink_to(link)
    with open_output(link) as file:
        file.write(b"sound")
    assert link.read_bytes() == b"sound"


def test_the_longest_possible_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / f"{'n' * 251}.wav"
    with open_output(path) as file:
        file.write(b"sound")
    assert path.exists()


def test_standard_output_gets_the_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with open_output(STDOUT) as file:
        file.write(b"sound")
    assert capfdbinary.readouterr().out == b"sound"


def test_pipes_and_devices_are_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert [is_replaceable(path) for path in (tmp_path / "pipe", Path("/dev/null"), STDOUT)] == [False] * 3
    assert is_replaceable(tmp_path / "file") and is_replaceable(tmp_path / "free")
