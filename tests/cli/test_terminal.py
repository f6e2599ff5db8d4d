"""What a person sees on a terminal: colours, and bars while something takes its time."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from app.__main__ import main
from app.cli.output import show_plan
from app.cli.train import _show_progress
from app.training.trainer import TrainingProgress
from app.types import ClassifierId, Emotion, Plan, Source, Utterance
from tests.tiny_voice import write_tiny_voice

YELLOW = "\x1b[33m"
PAGE = "The harbour was quiet when the ferry came in, and nobody was there to meet us. " * 30


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if everything that is written went to one."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


def test_the_plan_is_a_coloured_table(capsys: pytest.CaptureFixture[str]) -> None:
    joyful = Utterance("How nice!", (0, 9), "", "wren", Emotion.JOY, None, Source.PINNED, "because", "joy", "")
    show_plan(Plan("wren", ClassifierId("", ""), (joyful,), 1.0))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "How nice!" in line]
    assert line.startswith(f"{YELLOW}joy") and "because" in line


def test_no_color_takes_the_colours_away(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    joyful = Utterance("How nice!", (0, 9), "", "wren", Emotion.JOY, None, Source.PINNED, "because", "joy", "")
    show_plan(Plan("wren", ClassifierId("", ""), (joyful,), 1.0))
    told = capsys.readouterr().out
    assert "How nice!" in told and YELLOW not in told


def test_a_bar_follows_a_long_text_into_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_voice(tmp_path / "tiny")
    monkeypatch.setenv("INTONE_VOICES", str(tmp_path / "tiny"))
    monkeypatch.setenv("INTONE_DEFAULT_VOICE", "tiny")
    book, out = tmp_path / "book.txt", tmp_path / "book.wav"
    for text, shown in ((PAGE, True), (PAGE[:1000], False)):
        book.write_text(text)
        assert main(["say", str(book), "-o", str(out), "--emotion", "neutral"]) == 0
        told = capsys.readouterr()
        assert ("speaking" in told.err and "100%" in told.err) is shown
        assert "The harbour was quiet" in told.out and YELLOW not in told.out
        assert soundfile.info(out).duration > 1


def test_a_bar_with_the_time_that_is_left_follows_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    with _show_progress() as show:
        show(TrainingProgress(step=7, share=0.25, seconds_left=9, losses={}, held_out={}))
    assert "step 7" in (told := capsys.readouterr().err) and "25%" in told and "-:--:--" in told
