"""`intone say` with a book: its chapters, read back from the output, and its plan as JSON."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import av
import pytest

from app.__main__ import main
from app.cli.book import describe_chapters
from tests.forking import start_program
from tests.serving import LOADED, run_intone, wait_until
from tests.tiny_voice import write_tiny_voice

BOOK = """This stands before everything.

# The Parcel
It came at nine.
## A word of warning ##
Nobody knew it.

CHAPTER TWO. The Box

It began to tick. It ticked on.
"""
TITLES = ["The Parcel", "A word of warning", "CHAPTER TWO. The Box"]


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text file; the default voice is a tiny one."""
    write_tiny_voice(tmp_path / "tiny")
    monkeypatch.setenv("INTONE_VOICES", str(tmp_path / "tiny"))
    monkeypatch.setenv("INTONE_DEFAULT_VOICE", "tiny")
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    file = tmp_path / "book.txt"
    file.write_text(BOOK, encoding="utf-8")
    return file


def say(*words: str | Path) -> int:
    return main(["say", *map(str, words), "--emotion", "neutral"])


@pytest.mark.parametrize("ending", ["flac", "opus", "mp3"])
def test_chapters_begin_at_the_time_of_their_headings(
    book: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = book.with_suffix(f".{ending}")
    assert say(book, "-o", out, "--json") == 0
    spoken = {one["text"]: one["start"] for one in json.loads(capsys.readouterr().out)["utterances"]}
    with av.open(out) as file:
        found = [(one["metadata"]["title"], float(one["start"] * one["time_base"])) for one in file.chapters()]
    assert [title for title, _ in found] == TITLES
    starts = [spoken["The Parcel"], spoken["A word of warning"], spoken["CHAPTER TWO."]]
    assert starts[0] > 0
    assert [start for _, start in found] == pytest.approx(starts, abs=0.001)


def test_the_last_line_names_the_file_and_its_chapters(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for ending, chapters in (("flac", "3 chapters"), ("wav", f"3 chapters in {book.with_suffix('.cue')}")):
        out = book.with_suffix(f".{ending}")
        assert say(book, "-o", out) == 0
        *_, line = capsys.readouterr().out.splitlines()
        assert line.startswith(f"{out}: 0:00:") and line.endswith(f", {chapters}")
    assert say("No heading.", "-o", book.with_suffix(".wav")) == 0
    assert "chapter" not in capsys.readouterr().out.splitlines()[-1]


def test_the_json_plan_has_spans_in_the_original_file(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert say(book, "-o", book.with_suffix(".wav"), "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    for one in plan["utterances"]:
        start, end = one["span"]
        assert BOOK[start:end] == one["text"]
        assert one["end"] > one["start"] and one["words"]
    assert not any("#" in one["text"] for one in plan["utterances"])


def test_markup_has_no_headings(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book.write_text("<speak>\n\nChapter 1\n\nIt came.</speak>")
    assert say("--ssml", book, "-o", book.with_suffix(".wav")) == 0
    assert not book.with_suffix(".cue").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_book_leaves_the_older_file_and_what_was_spoken(
    book: Path, tmp_path_factory: pytest.TempPathFactory, number: signal.Signals, code: int
) -> None:
    out = book.with_suffix(".flac")
    out.write_bytes(b"older")
    book.write_text(BOOK * 400, encoding="utf-8")
    names = {path.name for path in book.parent.iterdir()}
    streams = [tmp_path_factory.mktemp("streams") / name for name in ("output", "errors")]
    words = ("say", str(book), "-o", str(out), "--emotion", "neutral")
    program = start_program("app", words, os.environ, (os.devnull, *streams))
    index = book.with_name("book.flac.parts") / "index.jsonl"
    wait_until(lambda: (index.exists() and bool(index.read_bytes())) or program.poll() is not None, 60)
    program.send_signal(number)
    assert program.wait(60 * LOADED) == code
    assert streams[0].read_bytes() == b"" and streams[1].read_text().endswith("the same command continues.\n")
    assert out.read_bytes() == b"older"
    assert {path.name for path in book.parent.iterdir()} == names | {index.parent.name}


def test_standard_output_gets_only_the_sound(book: Path) -> None:
    settings = {name: value for name, value in os.environ.items() if name.startswith("INTONE_")}
    for format, start in (("wav", b"RIFF"), ("mp3", b"\xff")):
        words = ("say", str(book), "-o", "-", "--emotion", "neutral", "--format", format)
        result = run_intone(*words, **settings)  # type: ignore[arg-type]
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith((start, b"ID3") if format == "mp3" else start)
        assert b"It came at nine." in result.stderr and b"chapters" not in result.stdout


def test_a_path_that_ends_in_a_dash_is_a_file(
    book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(book.parent)
    assert say(book, "-o", "./-") == 0
    assert (book.parent / "-").read_bytes()[:4] == b"RIFF"
    assert "It came at nine." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("place", "kept", "found", "words"),
    [
        ("book.flac", 1, 1, ", 1 chapter"),
        ("book.cue", 2, 2, ", 2 chapters in book.cue"),
        ("book.flac", 999, 1200, ", the first 999 chapters of 1200"),
        (None, 2, 2, ", without its 2 chapters: a pipe or device holds none"),
    ],
)
def test_the_description_names_the_file_of_the_chapters(place: str | None, kept: int, found: int, words: str) -> None:
    assert describe_chapters(Path("book.flac"), Path(place) if place else None, kept, found) == words
