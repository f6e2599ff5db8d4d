"""Figures of groups, for known measures."""

from __future__ import annotations

import json
import math

import pytest

from app.evaluation.report import Report, compute_group_statistics, compute_statistics, compute_wer_interval
from app.evaluation.tables import COLUMNS
from tests.evaluation.measurements import make_measurement


def test_the_word_error_rate_is_that_of_all_words_not_the_mean_of_sentences() -> None:
    assert compute_statistics(
        [make_measurement(words=1, errors=1), make_measurement(words=9, errors=0)]
    ).wer == pytest.approx(10)


def test_the_interval_holds_the_rate_and_shrinks_with_more_sentences() -> None:
    low, high = compute_wer_interval([0, 1, 0, 2] * 5, [10] * 20)
    assert 0 < low < 7.5 < high < 15
    wider = compute_wer_interval([0, 1, 0, 2], [10] * 4)
    assert wider[1] - wider[0] > high - low
    assert compute_wer_interval([0, 0], [5, 6]) == (0, 0)
    assert compute_wer_interval([0, 1, 0, 2] * 5, [10] * 20) == (low, high)


def test_the_opinion_score_has_a_standard_error() -> None:
    assert compute_statistics([make_measurement(mos=score) for score in (3, 4, 5)]).mos_error == pytest.approx(
        1 / math.sqrt(3)
    )
    assert compute_statistics([make_measurement()]).mos_error is None


def test_the_real_time_factor_requires_the_computing_time_of_all_recordings() -> None:
    assert compute_statistics(
        [make_measurement(), make_measurement(computing_seconds=0.15)]
    ).real_time_factor == pytest.approx(0.2)
    assert compute_statistics([make_measurement(), make_measurement(computing_seconds=None)]).real_time_factor is None


def test_groups_are_compared_with_the_neutral_one() -> None:
    groups = compute_group_statistics(
        [make_measurement("joy", pitch=15.0, level=-17.0), make_measurement(pitch=11.0), make_measurement(pitch=13.0)]
    )
    assert list(groups) == ["joy", "neutral"]
    assert groups["neutral"].difference is None
    difference = groups["joy"].difference
    assert difference and (difference.pitch, difference.level, difference.rate) == (3, 3, 0)
    assert compute_group_statistics([make_measurement("joy")])["joy"].difference is None


def test_a_sentence_without_a_pitch_is_left_out_of_the_mean() -> None:
    assert compute_statistics([make_measurement(pitch=math.nan), make_measurement(pitch=7.0)]).manner.pitch == 7
    assert math.isnan(compute_statistics([make_measurement(pitch=math.nan)]).manner.pitch)


def test_figures_are_formatted_for_people() -> None:
    groups = compute_group_statistics(
        [
            make_measurement(errors=1),
            make_measurement("joy", pitch=15.25),
            make_measurement("joy", mos=3.0, pitch=15.25),
        ]
    )
    texts = {column.title: column.format(groups["joy"]) for column in COLUMNS}
    assert texts["WER"] == "0.0 [0.0, 0.0]"
    assert texts["MOS"] == "3.50 ±0.50"
    assert texts["RTF"] == "0.100"
    assert texts["pitch"] == "15.2 (+3.2)"
    unknown = compute_statistics([make_measurement(computing_seconds=None, pitch=math.nan)])
    assert [column.format(unknown) for column in COLUMNS if column.title in ("RTF", "pitch")] == ["–", "–"]


def test_the_report_is_valid_json_even_if_a_measure_is_missing() -> None:
    report = Report(
        "wren",
        [make_measurement(pitch=math.nan, pitch_range=math.nan), make_measurement("joy", computing_seconds=None)],
    )
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert content["groups"]["neutral"]["manner"]["pitch"] is None
    assert content["total"]["recordings"] == 2
    assert [one["group"] for one in content["recordings"]] == ["neutral", "joy"]
