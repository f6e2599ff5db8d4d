"""From values to figures, ratios and verdicts."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from app.bench.results import (
    Key,
    Results,
    Summary,
    Target,
    evaluate_targets,
    make_results_table,
    make_targets_table,
    to_dict,
)

OURS, THEIRS = Key("audio_seconds_per_second", "intone", 8), Key("audio_seconds_per_second", "coqui", 8)


def make_results() -> Results:
    """Return three rounds, of which the second is slow for both peers and the last lacks coqui."""
    found = Results({"processor": "a fast one"}, missing=["kokoro: is not installed."])
    for number, (ours, theirs) in enumerate([(40, 10), (9, 3), (50, None)]):
        found.add(OURS, number, ours)
        if theirs is not None:
            found.add(THEIRS, number, theirs)
    return found


def test_a_figure_is_the_median_with_the_extremes() -> None:
    assert make_results().summarize(OURS) == Summary(median=40, least=9, most=50)
    assert make_results().summarize(Key("cost", "intone")) is None


def test_a_ratio_is_taken_in_each_round_that_has_both() -> None:
    assert make_results().summarize_ratio(OURS, THEIRS) == Summary(median=3.5, least=3, most=4)
    assert make_results().summarize_ratio(OURS, Key("cost", "coqui")) is None


@pytest.mark.parametrize(
    ("value", "needed", "aim", "verdict"),
    [
        (2.9, 3, 8, "not met"),
        (3, 3, 8, "met"),
        (8, 3, 8, "aim reached"),
        (0.16, 0.15, 0.06, "not met"),
        (0.15, 0.15, 0.06, "met"),
        (0.05, 0.15, 0.06, "aim reached"),
        (None, 3, 8, "not measured"),
    ],
)
def test_a_verdict_compares_the_figure_with_what_is_needed_and_the_aim(
    value: float | None, needed: float, aim: float, verdict: str
) -> None:
    figure = None if value is None else Summary(value, value, value)
    assert Target("", figure, needed, aim).verdict == verdict


def test_targets_without_measurements_have_no_verdict() -> None:
    verdicts = {target.measure: target.verdict for target in evaluate_targets(make_results())}
    assert verdicts.pop("speech per second / coqui's, 8 clients") == "met"
    assert set(verdicts.values()) == {"not measured"}


def test_the_quietest_round_counts_if_the_target_requires_it() -> None:
    assert Target("", Summary(0.2, 0.1, 0.3), 0.15, 0.06, quietest=True).verdict == "met"


def test_tables_and_report_hold_every_figure() -> None:
    console = Console(width=140)
    with console.capture() as capture:
        console.print(make_results_table(make_results()), make_targets_table(make_results()))
    shown = capture.get()
    assert "40 (9–50)" in shown and "clients: 8" in shown and "3–4" in shown and "not measured" in shown
    report = json.loads(json.dumps(to_dict(make_results())))
    assert {"measure": OURS.measure, "peer": "intone", "at": 8, "round": 1, "value": 9} in report["samples"]
    assert report["facts"] and report["missing"] and len(report["targets"]) == len(evaluate_targets(make_results()))
