"""The text of `intone say` and `intone analyze`: an argument, or the content of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.parser import UsageError
from app.cli.source import read_source


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with two files and a folder."""
    (tmp_path / "story.txt").write_bytes(b"\xef\xbb\xbfOnce upon a time.")
    (tmp_path / "README").write_text("Read this.")
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("source", "text"),
    [("story.txt", "Once upon a time."), ("./story.txt", "Once upon a time."), ("README", "Read this.")],
)
def test_a_file_is_read(source: str, text: str) -> None:
    assert read_source(source).text == text


@pytest.mark.parametrize(
    "source",
    [
        "",
        "Hello",
        "Hello.",
        "Dr.",
        "3/4",
        "12/5/2026",
        "e.g.",
        "3.14",
        "example.org",
        "story.txt is a file here",
        "Please read missing.txt",
        "He or she/they came.",
        "<speak>Hi.</speak>",
        "<speak>missing.xml</speak>",
        "a\0b",
        "long " * 1000,
        "x" * 5000,
        "Первая.",
    ],
)
def test_everything_else_is_text(source: str) -> None:
    assert read_source(source).text == source


@pytest.mark.parametrize(
    "source",
    [
        "missing.txt",
        "Missing.TXT",
        "notes.md",
        "page.html",
        "day.ssml",
        "day.xml",
        "plan.json",
        "book.epub",
        "./missing",
        "~/missing",
        "/nowhere/missing",
        "chapters/missing",
        "./my story.txt",
        "/nowhere/my story.md",
        "chapters",
        "chapters/",
        ".",
        "/",
    ],
)
def test_a_missing_file_or_a_folder_is_a_usage_error(source: str) -> None:
    with pytest.raises(UsageError, match=r"no file|is a folder"):
        read_source(source)
