"""What a user sees on a terminal: colours, and progress bars during long work."""

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
    """Make the output look like a terminal with colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


def test_the_plan_is_a_coloured_table(capsys: pytest.CaptureFixture[str]) -> None:
    joyful = Utterance("How nice!", (0, 9), "", "wren", Emotion.JOY, None, Source.PINNED, "because", "joy", "")
    show_plan(Plan("wren", ClassifierId("", ""), (joyful,), 1.0))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "How nice!" in line]
    assert line.startswith(f"{YELLOW}joy") and "because" in line


def test_no_color_removes_the_colours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    joyful = Utterance("How nice!", (0, 9), "", "wren", Emotion.JOY, None, Source.PINNED, "because", "joy", "")
    show_plan(Plan("wren", ClassifierId("", ""), (joyful,), 1.0))
    output = capsys.readouterr().out
    assert "How nice!" in output and YELLOW not in output


def test_a_long_text_shows_a_progress_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_voice(tmp_path / "tiny")
    monkeypatch.setenv("INTONE_VOICES", str(tmp_path / "tiny"))
    monkeypatch.setenv("INTONE_DEFAULT_VOICE", "tiny")
    book, out = tmp_path / "book.txt", tmp_path / "book.wav"
    for text, shown in ((PAGE, True), (PAGE[:1000], False)):
        book.write_text(text)
        assert main(["say", str(book), "-o", str(out), "--emotion", "neutral"]) == 0
        captured = capsys.readouterr()
        assert ("speaking" in captured.err and "100%" in captured.err) is shown
        assert "The harbour was quiet" in captured.out and YELLOW not in captured.out
        assert soundfile.info(out).duration > 1


def test_training_shows_a_progress_bar_with_the_remaining_time(capsys: pytest.CaptureFixture[str]) -> None:
    with _show_progress() as show:
        show(TrainingProgress(step=7, share=0.25, seconds_left=3723.4, losses={}, held_out={}))
    assert "step 7" in (output := capsys.readouterr().err) and "25%" in output and "1:02:03 left" in output
