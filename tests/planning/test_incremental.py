"""Incremental plans: utterances are planned only when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.planning.incremental import IncrementalPlan
from app.planning.planner import PlannedSentence
from app.types import Clause, Emotion, PlanWarning, Sentence
from tests.speaking import utterance


def plan_sentences(count: int, numbers: list[int], clauses: int = 1) -> Iterator[PlannedSentence]:
    """Yield planned sentences and append their numbers to `numbers`; every third sentence is joyful."""
    for number in range(count):
        numbers.append(number)
        text = f"Sentence {number}."
        parts = tuple(Clause(text, 0, len(text), text) for _ in range(clauses))
        planned_utterance = utterance(text, Emotion.JOY if number % 3 == 0 else Emotion.NEUTRAL)
        warnings = (PlanWarning("fallback", str(number)),) if number == 2 else ()
        yield PlannedSentence(Sentence(text, 0, len(text), parts), (planned_utterance,) * clauses, warnings)


def test_nothing_is_planned_before_it_is_requested() -> None:
    numbers: list[int] = []
    plan = IncrementalPlan(plan_sentences(100, numbers))
    assert numbers == []
    assert next(iter(plan)).text == "Sentence 0." and numbers == [0]
    assert plan.plan_until(10) and len(numbers) == len(plan.utterances) == 10
    assert plan.plan_until(5) and len(numbers) == 10


def test_the_end_is_reported_and_iterations_are_repeatable() -> None:
    plan = IncrementalPlan(plan_sentences(4, []))
    assert not plan.plan_until(5) and plan.plan_until(4)
    assert list(plan) == list(plan) == plan.utterances
    assert [warning.detail for warning in plan.warnings] == ["2"]


def test_a_pause_needs_the_next_utterance_and_the_last_has_none() -> None:
    numbers: list[int] = []
    plan = IncrementalPlan(plan_sentences(3, numbers))
    assert plan.plan_until(1) and plan.pause_after(0) > 0 and numbers == [0, 1]
    utterances = [*plan.plan_all()]
    assert [one.pause_after > 0 for one in utterances] == [True, True, False]
    # The emotion changes from joy to neutral, then stays neutral.
    assert utterances[0].pause_after != utterances[1].pause_after


def test_a_pause_within_a_sentence_is_shorter_than_one_between_sentences() -> None:
    first, second, *_ = IncrementalPlan(plan_sentences(2, [], clauses=2)).plan_all()
    assert 0 < first.pause_after < second.pause_after
    assert [*IncrementalPlan(plan_sentences(1, [], clauses=2)).plan_all()][1].pause_after == 0


def test_the_speed_changes_a_derived_pause_and_no_explicit_one() -> None:
    def plan(speed: float) -> list[float]:
        (derived, explicit, last) = plan_sentences(3, [])
        clause = replace(explicit.sentence.clauses[0], pause_after=1.5)
        explicit = replace(explicit, sentence=replace(explicit.sentence, clauses=(clause,)))
        planned = [
            replace(one, utterances=tuple(replace(utterance, speed=speed) for utterance in one.utterances))
            for one in (derived, explicit, last)
        ]
        return [one.pause_after for one in IncrementalPlan(planned).plan_all()]

    usual, fast = plan(1.0), plan(4.0)
    assert fast[0] * 4 == pytest.approx(usual[0], abs=0.004)
    assert usual[1:] == fast[1:] == [1.5, 0.0]
