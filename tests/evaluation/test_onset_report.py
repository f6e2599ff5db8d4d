"""Figures of first and last words, for pairs of renditions with known transcripts."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from app.evaluation.onset_report import (
    EdgeTranscript,
    OnsetPair,
    OnsetReport,
    TranscribedPair,
    make_onset_tables,
    render_onset_page,
    transcribe_pair,
)
from app.evaluation.recordings import Recording, find_edge_errors
from tests.evaluation.measurements import SAMPLES, FakeEvaluators


def make_pair(group: str, text: str, alone: str, control: str, sound: str = "p") -> TranscribedPair:
    """Return a sentence with the transcripts of its two renditions."""
    recording = Recording(group, text, SAMPLES, 16000)
    return OnsetPair(
        sound,
        EdgeTranscript(recording, alone, *find_edge_errors(text, alone)),
        EdgeTranscript(recording, control, *find_edge_errors(text, control)),
    )


@pytest.fixture
def report() -> OnsetReport:
    return OnsetReport(
        "wren",
        [
            make_pair("neutral", "Peel the orange.", "Heal the orange.", "Peel the orange."),
            make_pair("neutral", "Sail home.", "Sale home.", "Sail alone."),
            make_pair("joy", "Peel the orange.", "Eel the arrange.", "Eel the orange."),
            make_pair("joy", "Sail home.", "Sail home.", "Mail home."),
        ],
    )


def test_each_emotion_has_the_rates_of_both_renditions(report: OnsetReport) -> None:
    neutral, joy = report.groups["neutral"], report.groups["joy"]
    assert list(report.groups) == ["neutral", "joy"]
    assert (neutral.first_alone.percent, neutral.first_control.percent) == (50, 0)
    assert (neutral.last_alone.percent, neutral.last_control.percent) == (0, 50)
    assert (joy.first_alone.percent, joy.first_control.percent) == (50, 100)
    assert (report.total.sentences, report.total.first_alone.percent, report.total.last_alone.percent) == (4, 50, 25)
    low, high = report.total.first_alone.interval
    assert low < 50 < high


def test_misheard_words_are_named_once_with_their_emotions(report: OnsetReport) -> None:
    peel, sail = report.misheard
    assert (peel.text, peel.emotions, peel.control_emotions) == ("Peel the orange.", ("neutral", "joy"), ("joy",))
    assert peel.understood == ("Heal the orange.", "Eel the arrange.")
    assert (sail.text, sail.emotions, sail.control_emotions) == ("Sail home.", (), ("joy",))


def test_the_report_is_valid_json(report: OnsetReport) -> None:
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert content["groups"]["joy"]["first_alone"]["percent"] == 50
    assert content["total"]["sentences"] == 4
    assert content["recordings"][0]["alone"] == {
        "understood": "Heal the orange.",
        "first_misheard": True,
        "last_misheard": False,
        "seconds": 0.5,
    }
    assert [one["text"] for one in content["misheard"]] == ["Peel the orange.", "Sail home."]


def test_the_tables_show_rates_and_words(report: OnsetReport) -> None:
    console = Console(width=140, record=True)
    console.print(make_onset_tables(report))
    lines = [line.split() for line in console.export_text().splitlines() if line.strip()]
    assert [line[0] for line in lines[1:4]] == ["neutral", "joy", "mean"]
    assert lines[3][1:3] == ["4", "50.0"]
    assert lines[5][:4] == ["p", "Peel", "the", "orange."]


def test_the_page_shows_misheard_sentences_and_is_self_contained(report: OnsetReport) -> None:
    hostile = "<script>alert(1)</script>"
    content = render_onset_page(OnsetReport(hostile, [*report.pairs, make_pair("joy", "Pack.", hostile, "Pack.")]))
    assert "<script" not in content and "&lt;script&gt;" in content
    assert content.count("<audio") == 8  # both renditions of the four sentences that were misheard in either
    assert content.count('src="') == content.count('src="data:')


def test_both_renditions_are_transcribed() -> None:
    recording = Recording("joy", "Hello there.", SAMPLES, 16000)
    transcribed = transcribe_pair(OnsetPair("h", recording, recording), FakeEvaluators())
    assert (transcribed.alone.understood, transcribed.control.understood) == ("Hello.", "Hello.")
    assert (transcribed.alone.first_misheard, transcribed.alone.last_misheard) == (False, True)
