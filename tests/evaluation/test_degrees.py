"""Growth of the emotions' differences with the degree, for known readings and for a short run of the voice."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from app.__main__ import main
from app.evaluation.degrees import (
    DEGREES,
    UNITS,
    DegreeReading,
    DegreeReport,
    add_tilt,
    grows,
    read_directions,
    render_degree_page,
    tabulate_degrees,
)
from app.evaluation.emotion_judge import BAND_NAMES, read_facts
from app.types import Emotion


def make_report(emotion: Emotion, pitches: tuple[float, ...]) -> DegreeReport:
    """Return a report of one sentence whose pitch differs by these semitones, and whose other features do not."""
    readings = [
        DegreeReading(emotion, degree, dict.fromkeys(UNITS, 0.0) | {"pitch": pitch})
        for degree, pitch in zip(DEGREES, pitches, strict=True)
    ]
    return DegreeReport("wren", readings)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2, 3), True),
        ((1, 2, 2), False),
        ((2, 1, 3), False),
        ((-1, 2, 3), False),  # less than neutral, where the actresses have more
        ((-1, -2, -3), False),
        ((1, math.nan, 3), False),
    ],
)
def test_differences_grow_step_by_step_from_neutral_in_the_published_direction(
    values: tuple[float, ...], expected: bool
) -> None:
    assert grows(Emotion.FEAR, "pitch", values) is expected
    assert grows(Emotion.FEAR, "range", tuple(-value for value in values)) is expected  # narrower than neutral


def test_a_small_published_difference_has_no_direction() -> None:
    assert read_directions(Emotion.DISGUST)["range"] == 0  # -0.8 at normal intensity, 0.7 at a strong one
    assert grows(Emotion.DISGUST, "range", (1, 2, 3)) is None


def test_the_published_directions_are_those_of_the_actresses() -> None:
    directions = {emotion: read_directions(emotion) for emotion in Emotion if emotion is not Emotion.NEUTRAL}
    assert all(directions[emotion]["pitch"] == 1 for emotion in directions)
    assert directions[Emotion.JOY] | {"slope": -1, "range": 1, "tilt": 1} == directions[Emotion.JOY]
    assert directions[Emotion.SADNESS] | {"range": -1, "slope": 1, "tilt": -1} == directions[Emotion.SADNESS]
    assert directions[Emotion.SURPRISE]["slope"] == directions[Emotion.ANGER]["range"] == 1


def test_the_tilt_is_the_level_of_high_bands_over_low_ones() -> None:
    levels = dict.fromkeys(read_facts().features, 0.0) | dict(zip(BAND_NAMES, (-2, -4, 9, 3, 3, 6, 9), strict=True))
    assert add_tilt(levels)["tilt"] == pytest.approx(4 - -3)


def test_the_table_and_the_page_say_what_grows() -> None:
    report = make_report(Emotion.JOY, (1.0, 2.0, 3.0))
    table = tabulate_degrees(report)
    assert table.rows[0] == ("pitch, st", "+1.0 +2.0 +3.0 yes")
    assert table.rows[1] == ("range, st", "+0.0 +0.0 +0.0 no")
    assert "+1.0 +2.0 +3.0 yes" in render_degree_page(report)
    pitch = json.loads(json.dumps(report.to_dict()))["groups"]["joy"]["pitch"]
    assert pitch == {"differences": [1, 2, 3], "grows": True}


def test_the_command_speaks_at_every_degree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    file = tmp_path / "out.json"
    assert main(["evaluate", "wren", "--degrees", "--emotion", "fear", "--limit", "1", "--json", str(file)]) == 0
    groups = json.loads(file.read_text(encoding="utf-8"))["groups"]
    assert list(groups) == ["fear"] and groups["fear"]["pitch"]["grows"]
    assert "yes" in capsys.readouterr().out
