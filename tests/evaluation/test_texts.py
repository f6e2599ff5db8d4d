"""Whole texts: their files, transcripts in pieces, and the comparison of words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from app.cli import evaluate
from app.errors import SetupError
from app.evaluation.manner import SAMPLE_RATE
from app.evaluation.texts import (
    PIECE_SECONDS,
    TextListener,
    find_misheard,
    match_word_spaces,
    read_texts,
    split_at_pauses,
)
from tests.evaluation.measurements import FakeEvaluators, make_measurement
from tests.tiny_voice import write_tiny_voice


def write_text(folder: Path, name: str, text: bytes, reading: str) -> None:
    (folder / name).write_bytes(text)
    (folder / name).with_suffix(".read").write_text(reading, encoding="utf-8")


def test_each_reading_belongs_to_the_text_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path, "b.txt", b"At 5\r\nwe go.", "at five we go")
    write_text(tmp_path, "a.md", b"# One", "one")
    (tmp_path / "notes.tsv").write_text("unread")
    assert [(one.name, one.text, one.reading) for one in read_texts(tmp_path)] == [
        ("a", "# One", "one"),
        ("b", "At 5\r\nwe go.", "at five we go"),
    ]
    assert [one.name for one in read_texts(tmp_path, limit=1)] == ["a"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no texts"),
        ({"a.read": b"one"}, "one text beside it"),
        ({"a.read": b"one", "a.txt": b"1", "a.md": b"1"}, "one text beside it"),
        ({"a.read": b"...", "a.txt": b"1"}, "no words"),
        ({"a.read": b"one", "a.txt": b"\xff"}, "UTF-8"),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused(files: dict[str, bytes], message: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SetupError, match=message):
        read_texts(tmp_path)


def test_a_long_recording_is_cut_in_its_pauses() -> None:
    sound = np.ones(60 * SAMPLE_RATE, np.float32)
    for second in (20, 41):
        sound[second * SAMPLE_RATE : (second + 1) * SAMPLE_RATE] = 0
    pieces = list(split_at_pauses(sound))
    assert np.array_equal(np.concatenate(pieces), sound)
    assert [round(len(piece) / SAMPLE_RATE) for piece in pieces] == pytest.approx([20, 21, 19], abs=1)
    assert all(not piece[-1] for piece in pieces[:-1])


@pytest.mark.parametrize("seconds", [0, 1, PIECE_SECONDS[1]])
def test_a_short_recording_stays_whole(seconds: float) -> None:
    sound = np.ones(round(seconds * SAMPLE_RATE), np.float32)
    assert [len(piece) for piece in split_at_pauses(sound)] == [len(sound)]


class NumberEvaluators(FakeEvaluators):
    """Evaluators that write a number as figures, as recognizers do."""

    def transcribe(self, sound: object) -> str:
        return "FAQ: it costs $12."

    def count_word_errors(self, text: str, understood: str) -> int:
        return sum(a != b for a, b in zip(text.split(), understood.split(), strict=True))


def test_figures_of_a_transcript_count_as_the_words_that_were_said() -> None:
    listener = TextListener(NumberEvaluators())
    understood = listener.transcribe(np.zeros(SAMPLE_RATE, np.float32))
    assert listener.count_word_errors("f a q it costs twelve dollars", understood) == 0
    assert listener.count_word_errors("f a q it costs twenty dollars", understood) == 1


def test_word_spaces_do_not_count_as_errors() -> None:
    assert match_word_spaces("the dashboard at nine p m", "A dash board at five PM") == "a dashboard at five p m"


def test_misheard_words_are_listed_with_what_was_understood() -> None:
    measurement = make_measurement(text="the fax arrived at noon today")
    assert find_misheard(replace(measurement, understood="The facts arrived at noon.")) == [
        ("fax", "facts"),
        ("today", ""),
    ]
    assert find_misheard(measurement) == []


def test_texts_are_spoken_and_misheard_words_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    monkeypatch.setattr(evaluate, "Evaluators", lambda threads: FakeEvaluators())
    texts = tmp_path / "texts"
    texts.mkdir()
    write_text(texts, "note.txt", b"Hello [excited] Tom.", "hello tom")
    voice, file = write_tiny_voice(tmp_path / "tiny"), tmp_path / "out.json"
    assert main(["evaluate", str(voice), "--texts", str(texts), "--json", str(file)]) == 0
    (recording,) = json.loads(file.read_text(encoding="utf-8"))["recordings"]
    assert (recording["group"], recording["text"], recording["words"]) == ("note", "hello tom", 2)
    assert "tom" in capsys.readouterr().out
