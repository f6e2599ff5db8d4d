"""Planning only as far as somebody needs to know."""

from __future__ import annotations

from collections.abc import Iterator

from app.planning.incremental import IncrementalPlan
from app.planning.planner import PlannedSentence
from app.types import Clause, Emotion, PlanWarning, Sentence
from tests.speaking import utterance


def planned(count: int, seen: list[int], clauses: int = 1) -> Iterator[PlannedSentence]:
    """Sentences that say when they are planned; every third one is joyful."""
    for number in range(count):
        seen.append(number)
        text = f"Sentence {number}."
        parts = tuple(Clause(text, 0, len(text), text) for _ in range(clauses))
        one = utterance(text, Emotion.JOY if number % 3 == 0 else Emotion.NEUTRAL)
        warnings = (PlanWarning("fallback", str(number)),) if number == 2 else ()
        yield PlannedSentence(Sentence(text, 0, len(text), parts), (one,) * clauses, warnings)


def test_nothing_is_planned_before_it_is_asked_for() -> None:
    seen: list[int] = []
    draft = IncrementalPlan(planned(100, seen))
    assert seen == []
    assert next(iter(draft)).text == "Sentence 0." and seen == [0]
    assert draft.plan_until(10) and len(seen) == len(draft.utterances) == 10
    assert draft.plan_until(5) and len(seen) == 10


def test_the_end_is_told_and_all_iterations_see_the_same() -> None:
    draft = IncrementalPlan(planned(4, []))
    assert not draft.plan_until(5) and draft.plan_until(4)
    assert list(draft) == list(draft) == draft.utterances
    assert [warning.detail for warning in draft.warnings] == ["2"]


def test_a_pause_needs_the_next_utterance_and_the_last_has_none() -> None:
    seen: list[int] = []
    draft = IncrementalPlan(planned(3, seen))
    assert draft.plan_until(1) and draft.pause_after(0) > 0 and seen == [0, 1]
    whole = [*draft.plan_all()]
    assert [one.pause_after > 0 for one in whole] == [True, True, False]
    # From joy to neutral the feeling turns; between two neutral ones it does not.
    assert whole[0].pause_after != whole[1].pause_after


def test_inside_a_sentence_no_feeling_turns() -> None:
    first, second, *_ = IncrementalPlan(planned(2, [], clauses=2)).plan_all()
    assert 0 < first.pause_after < second.pause_after
    assert [*IncrementalPlan(planned(1, [], clauses=2)).plan_all()][1].pause_after == 0
