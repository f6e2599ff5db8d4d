"""The report of the judge, for known judgements."""

from __future__ import annotations

import json
import math

import pytest
from rich.console import Console

from app.evaluation.emotion_judge import EmotionJudgement, read_facts
from app.evaluation.report import EmotionReport, Report
from app.evaluation.tables import format_difference, make_emotion_tables, render_emotion_section
from app.types import Emotion
from tests.evaluation.measurements import make_measurement


def make_judgement(emotion: Emotion, named: Emotion, pitch: float = 0.0) -> EmotionJudgement:
    """Return the judgement of a clip, named `named`, whose pitch differs from neutral by `pitch`."""
    differences = dict.fromkeys(read_facts().features, 0.25) | {"pitch": pitch}
    return EmotionJudgement(emotion, "Hello.", differences, {one: float(one != named) for one in Emotion})


@pytest.fixture
def report() -> EmotionReport:
    joy, fear = Emotion.JOY, Emotion.FEAR
    return EmotionReport(
        [
            make_judgement(joy, joy, 2),
            make_judgement(joy, fear, 4),
            make_judgement(joy, joy, math.nan),
            make_judgement(joy, joy),
            make_judgement(fear, joy),
        ]
    )


def test_each_emotion_has_its_percentage_and_its_row_of_the_matrix(report: EmotionReport) -> None:
    joy = report.groups[Emotion.JOY]
    assert (joy.clips, joy.right) == (4, 75)
    assert joy.right_interval[0] < 75 < joy.right_interval[1]
    assert {name: count for name, count in joy.named.items() if count} == {Emotion.JOY: 3, Emotion.FEAR: 1}
    assert joy.differences["pitch"] == pytest.approx(2)  # of the clips that have a pitch


def test_the_mean_is_taken_over_emotions_not_over_clips(report: EmotionReport) -> None:
    assert report.mean == pytest.approx((75 + 0) / 2)
    assert report.worst is Emotion.FEAR


def test_the_report_is_valid_json(report: EmotionReport) -> None:
    content = json.loads(json.dumps(Report("wren", [make_measurement()], report).to_dict(), allow_nan=False))[
        "emotions"
    ]
    assert content["groups"]["joy"]["named"]["fear"] == 1
    assert (content["mean"], content["worst"]) == (37.5, {"emotion": "fear", "right": 0})
    assert content["clips"][2]["differences"]["pitch"] is None
    assert content["clips"][4]["named"] == "joy"
    assert Report("wren", [make_measurement()]).to_dict()["emotions"] is None


def test_the_tables_show_the_matrix_and_the_differences(report: EmotionReport) -> None:
    console = Console(width=140, record=True)
    console.print(make_emotion_tables(report))
    lines = [line.split() for line in console.export_text().splitlines() if line.strip()]
    assert lines[1][-7:] == ["·", "3", "·", "·", "1", "·", "·"]
    assert lines[3] == ["mean", "5", "37.5"]
    assert lines[4] == ["worst", "fear", "0.0"]
    assert lines[6] == ["pitch,", "st", "+2.0", "(2.2/8.5)", "+0.0", "(4.5/11.8)"]
    assert lines[11][:3] == ["duration,", "log", "+0.25"]
    assert len(lines) == 6 + len(read_facts().features)


def test_every_emotion_fits_into_the_width_of_the_command() -> None:
    console = Console(width=140, record=True)
    console.print(
        make_emotion_tables(EmotionReport([make_judgement(one, one, -10.0) for one in Emotion if one != "neutral"]))
    )
    text = console.export_text()
    assert "…" not in text and "+0.25 (-0.09/0.03)" in text


def test_a_difference_is_shown_with_the_published_values() -> None:
    assert format_difference(-0.51, 0.1, 2.7, 1) == "-0.5 (0.1/2.7)"
    assert format_difference(math.nan, 0.05, 0.05, 2) == "– (0.05)"


def test_the_page_has_a_section_only_if_clips_were_judged(report: EmotionReport) -> None:
    section = render_emotion_section(report)
    assert section.count("<table") == 2 and "<th>fear</th>" in section and "(2.2/8.5)" in section
    assert render_emotion_section(EmotionReport()) == ""
