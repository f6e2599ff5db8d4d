"""Figures of groups, from measures that are known."""

from __future__ import annotations

import json
import math

import pytest

from app.evaluation.report import Report, compute_group_statistics, compute_statistics, wer_interval
from app.evaluation.tables import COLUMNS
from tests.evaluation.hearing import heard


def test_the_word_error_rate_is_that_of_all_words_not_the_mean_of_sentences() -> None:
    assert compute_statistics([heard(words=1, errors=1), heard(words=9, errors=0)]).wer == pytest.approx(10)


def test_the_interval_holds_the_rate_and_shrinks_with_more_sentences() -> None:
    low, high = wer_interval([0, 1, 0, 2] * 5, [10] * 20)
    assert 0 < low < 7.5 < high < 15
    wider = wer_interval([0, 1, 0, 2], [10] * 4)
    assert wider[1] - wider[0] > high - low
    assert wer_interval([0, 0], [5, 6]) == (0, 0)
    assert wer_interval([0, 1, 0, 2] * 5, [10] * 20) == (low, high)


def test_the_standard_error_of_the_opinion_score() -> None:
    assert compute_statistics([heard(mos=score) for score in (3, 4, 5)]).mos_error == pytest.approx(1 / math.sqrt(3))
    assert compute_statistics([heard()]).mos_error is None


def test_the_real_time_factor_is_known_only_where_all_was_spoken_here() -> None:
    assert compute_statistics([heard(), heard(computing_seconds=0.15)]).real_time_factor == pytest.approx(0.2)
    assert compute_statistics([heard(), heard(computing_seconds=None)]).real_time_factor is None


def test_groups_are_compared_with_the_neutral_one() -> None:
    groups = compute_group_statistics([heard("joy", pitch=15.0, level=-17.0), heard(pitch=11.0), heard(pitch=13.0)])
    assert list(groups) == ["joy", "neutral"]
    assert groups["neutral"].difference is None
    difference = groups["joy"].difference
    assert difference and (difference.pitch, difference.level, difference.rate) == (3, 3, 0)
    assert compute_group_statistics([heard("joy")])["joy"].difference is None


def test_a_sentence_without_a_pitch_is_left_out_of_the_mean() -> None:
    assert compute_statistics([heard(pitch=math.nan), heard(pitch=7.0)]).manner.pitch == 7
    assert math.isnan(compute_statistics([heard(pitch=math.nan)]).manner.pitch)


def test_figures_as_people_read_them() -> None:
    groups = compute_group_statistics([heard(errors=1), heard("joy", pitch=15.25), heard("joy", mos=3.0, pitch=15.25)])
    texts = {column.title: column.text(groups["joy"]) for column in COLUMNS}
    assert texts["WER"] == "0.0 [0.0, 0.0]"
    assert texts["MOS"] == "3.50 ±0.50"
    assert texts["RTF"] == "0.100"
    assert texts["pitch"] == "15.2 (+3.2)"
    unknown = compute_statistics([heard(computing_seconds=None, pitch=math.nan)])
    assert [column.text(unknown) for column in COLUMNS if column.title in ("RTF", "pitch")] == ["–", "–"]


def test_the_report_is_valid_json_even_where_a_measure_is_missing() -> None:
    report = Report("wren", [heard(pitch=math.nan, pitch_range=math.nan), heard("joy", computing_seconds=None)])
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert content["groups"]["neutral"]["manner"]["pitch"] is None
    assert content["total"]["recordings"] == 2
    assert [one["group"] for one in content["recordings"]] == ["neutral", "joy"]
