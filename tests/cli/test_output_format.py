"""The format that `intone say` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.audio.encode import FORMATS
from app.cli.parser import UsageError
from app.cli.say import choose_format


@pytest.mark.parametrize(
    ("output", "name", "format"),
    [
        (None, None, "wav"),
        ("speech", None, "wav"),
        ("speech.wav", None, "wav"),
        ("speech.flac", None, "flac"),
        ("speech.MP3", None, "mp3"),
        ("speech.opus", None, "opus"),
        ("speech.ogg", None, "opus"),
        ("speech.aac", None, "aac"),
        ("speech.pcm", None, "pcm"),
        ("speech.ulaw", None, "ulaw"),
        ("speech.al", None, "alaw"),
        ("speech.raw", "ulaw_8000", "ulaw"),
        ("speech.OGG", "opus", "opus"),
        ("speech.wav", "wav", "wav"),
        ("speech.xyz", "AAC", "aac"),
        ("/dev/null", "mp3", "mp3"),
    ],
)
def test_the_flag_or_the_file_extension_names_the_format(output: str | None, name: str | None, format: str) -> None:
    assert choose_format(output and Path(output), name).name == format


@pytest.mark.parametrize(("output", "name"), [("speech.xyz", None), ("speech.txt", None), ("speech.wav", "xyz")])
def test_an_unknown_format_is_refused_with_the_list_of_formats(output: str, name: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        choose_format(Path(output), name)
    assert all(format in caught.value.hint for format in FORMATS)


@pytest.mark.parametrize(
    ("output", "name", "words"),
    [
        ("speech.wav", "mp3", "contradicts"),
        ("speech.MP3", "flac", "contradicts"),
        (None, "mp3", "-o FILE"),
        (".", None, "folder"),
        ("nowhere/speech.wav", None, "no folder nowhere"),
    ],
)
def test_a_format_or_an_output_that_cannot_be_meant_is_refused(output: str | None, name: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose_format(output and Path(output), name)
    assert words in f"{caught.value.detail} {caught.value.hint}"


def test_the_message_names_the_folder_that_a_link_leads_to(tmp_path: Path) -> None:
    link = tmp_path / "link.wav"
    link.symlink_to(tmp_path / "nowhere" / "speech.wav")
    with pytest.raises(UsageError, match=r"link\.wav leads to .*nowhere, which is not a writable folder"):
        choose_format(link, None)


def test_each_file_extension_stands_for_one_format() -> None:
    endings = [ending for format in FORMATS.values() for ending in format.endings]
    assert len(endings) == len(set(endings))
