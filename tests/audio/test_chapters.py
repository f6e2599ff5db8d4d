"""Chapters in files and cue sheets, as other programs read them, and the sound of these files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from app.audio.chapters import save_with_chapters
from app.audio.encode import FORMATS, encode
from tests.decoding import decode, make_tone

RATE = 24_000
SAMPLES = make_tone(RATE, 4)
TITLES = ["Chapter 1", "Kapitel 2 – “Größe” 🎈", 'A "third" one = CHAPTER002=']
STARTS = [0.25, 1.5, 3.123]
EMBEDDED = ("flac", "opus", "mp3")
WITH_CUE_SHEET = ("wav", "aac", "pcm")


def save(path: Path, format: str, titles: Sequence[str] = TITLES, starts: Sequence[float] = STARTS) -> Path | None:
    """Save the samples in pieces; the start times are known only after the last piece."""
    done: list[bool] = []

    def yield_pieces() -> Iterator[npt.NDArray[np.float32]]:
        yield from np.array_split(SAMPLES, 7)
        done.append(True)

    return save_with_chapters(path, format, RATE, yield_pieces(), titles, lambda: starts if done else [])


def read_chapters(path: Path) -> list[tuple[str, float]]:
    """Return titles and start times as libav reads them, and so most players."""
    with av.open(path) as file:
        return [(row["metadata"]["title"], float(row["start"] * row["time_base"])) for row in file.chapters()]


@pytest.mark.parametrize("format", EMBEDDED)
def test_a_player_finds_titles_and_times(tmp_path: Path, format: str) -> None:
    path = tmp_path / "book"
    assert save(path, format) == path
    assert read_chapters(path) == list(zip(TITLES, STARTS, strict=True))
    assert [file.name for file in tmp_path.iterdir()] == ["book"]


@pytest.mark.parametrize("format", EMBEDDED)
def test_a_relative_name_with_a_colon_is_a_file(tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert save(Path("Dune: Part One"), format) == Path("Dune: Part One")
    assert len(read_chapters(tmp_path / "Dune: Part One")) == len(TITLES)


@pytest.mark.parametrize("format", EMBEDDED)
def test_an_unwritable_path_fails_before_synthesis(tmp_path: Path, format: str) -> None:
    def fail_if_iterated() -> Iterator[npt.NDArray[np.float32]]:
        raise AssertionError("synthesized before the file was opened")
        yield SAMPLES

    with pytest.raises(FileNotFoundError):
        save_with_chapters(tmp_path / "missing" / "book", format, RATE, fail_if_iterated(), TITLES, lambda: STARTS)


@pytest.mark.parametrize("format", EMBEDDED)
def test_chapters_do_not_change_the_sound(tmp_path: Path, format: str) -> None:
    save(tmp_path / "book", format)
    plain = decode(encode(SAMPLES, RATE, format), format, RATE)
    assert np.array_equal(decode((tmp_path / "book").read_bytes(), format, RATE), plain)


@pytest.mark.parametrize("format", ["flac", "opus"])
def test_libsndfile_reads_a_file_with_chapters(tmp_path: Path, format: str) -> None:
    save(tmp_path / f"book.{format}", format)
    assert soundfile.info(tmp_path / f"book.{format}").duration == pytest.approx(4, abs=0.001)


@pytest.mark.parametrize("format", EMBEDDED)
@pytest.mark.parametrize("count", [1, 300, 999])
def test_a_book_can_have_many_chapters(tmp_path: Path, format: str, count: int) -> None:
    titles = [f"Chapter {number}. {'Of what befell them on the road ' * 3}" for number in range(count)]
    starts = [round(number * 3.9 / count, 3) for number in range(count)]
    save(tmp_path / "book", format, titles, starts)
    assert [start for _, start in read_chapters(tmp_path / "book")] == pytest.approx(starts)
    assert decode((tmp_path / "book").read_bytes(), format, RATE, format_given=True).size == pytest.approx(
        SAMPLES.size, abs=1
    )


@pytest.mark.parametrize("format", WITH_CUE_SHEET)
def test_formats_without_chapters_get_a_cue_sheet(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"book.{format}"
    assert save(path, format) == tmp_path / "book.cue"
    assert path.read_bytes() == encode(SAMPLES, RATE, format)
    assert (tmp_path / "book.cue").read_text(encoding="utf-8") == (
        f'FILE "book.{format}" WAVE\n'
        '  TRACK 01 AUDIO\n    TITLE "Chapter 1"\n    INDEX 01 00:00:18\n'
        '  TRACK 02 AUDIO\n    TITLE "Kapitel 2 – “Größe” 🎈"\n    INDEX 01 00:01:37\n'
        "  TRACK 03 AUDIO\n    TITLE \"A 'third' one = CHAPTER002=\"\n    INDEX 01 00:03:09\n"
    )


@pytest.mark.parametrize("format", EMBEDDED)
def test_an_error_leaves_no_file_with_chapters(tmp_path: Path, format: str) -> None:
    def yield_and_fail() -> Iterator[npt.NDArray[np.float32]]:
        yield SAMPLES[: 2 * RATE]
        raise RuntimeError("the voice broke")

    with pytest.raises(RuntimeError):
        save_with_chapters(tmp_path / "book", format, RATE, yield_and_fail(), TITLES, lambda: [0.25, 1.5, 2.0])
    assert list(tmp_path.iterdir()) == []


def test_an_error_before_the_first_samples_is_raised_unchanged(tmp_path: Path) -> None:
    def fail() -> Iterator[npt.NDArray[np.float32]]:
        raise RuntimeError("the voice broke")
        yield SAMPLES

    for format in EMBEDDED:
        with pytest.raises(RuntimeError):
            save_with_chapters(tmp_path / format, format, RATE, fail(), TITLES, lambda: [0.0, 0.0, 0.0])


@pytest.mark.parametrize("format", FORMATS)
def test_a_pipe_gets_only_the_sound(tmp_path: Path, format: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        assert save(pipe, format) is None
    encoder = FORMATS[format].stream(RATE)
    pieces = map(encoder.push, np.array_split(SAMPLES, 7))
    assert read.result() == b"".join([*pieces, encoder.end()])
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]
