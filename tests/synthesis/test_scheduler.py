"""The queue of utterances: their order by deadline, and the selection of batches."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OverTimeBudget
from app.synthesis.models.glow import TOKEN_STEP
from app.synthesis.runs import MAX_SYMBOLS
from app.synthesis.scheduler import BATCH_CANDIDATES, DeadlineQueue, Job, count_padded_steps
from app.synthesis.tokenizer import Tokens
from app.voices.manifest import NO_EXPRESSION
from tests.speaking import make_utterance

MODEL = SimpleNamespace(leading_pause=True)
BASE, ANGER = SimpleNamespace(name="base", model=MODEL), SimpleNamespace(name="anger", model=MODEL)


def make_job(
    deadline: float, checkpoint: Any = BASE, tokens: int = 40, unbatchable: bool = False, low_latency: bool = False
) -> Job:
    """Return a job that only the queue reads."""
    ids = Tokens(tuple(range(tokens)), "a" * tokens, tuple(range(tokens)), "")
    speaker: Any = SimpleNamespace(checkpoint=checkpoint, speakers={}, expression=NO_EXPRESSION)
    voice: Any = None
    return Job(
        voice,
        make_utterance(),
        speaker,
        ids,
        seed=0,
        unbatchable=unbatchable,
        low_latency=low_latency,
        deadline=deadline,
        key=None,
    )


def fill_queue(*jobs: Job) -> DeadlineQueue:
    waiting = DeadlineQueue()
    for one in jobs:
        waiting.put(one)
    return waiting


def test_jobs_are_taken_by_deadline_then_by_arrival() -> None:
    late, first, second, early = make_job(5.0), make_job(1.0), make_job(1.0), make_job(0.5)
    waiting = fill_queue(late, first, second, early)
    assert [waiting.take(1)[0] for _ in range(4)] == [early, first, second, late]


def test_a_short_request_precedes_later_parts_of_a_long_one() -> None:
    long_request = [make_job(deadline=3.0 * number) for number in range(1, 200)]
    short_request = make_job(deadline=1.0)
    waiting = fill_queue(*long_request, short_request)
    assert waiting.take(4)[0] is short_request


def test_an_earlier_deadline_precedes_a_later_one() -> None:
    earlier, later = make_job(deadline=10.0), make_job(deadline=11.0)
    assert fill_queue(later, earlier).take(1) == [earlier]


def test_the_first_utterance_of_a_request_can_be_taken_before_overdue_jobs() -> None:
    late = [make_job(deadline=float(number)) for number in range(200)]
    cancelled, first, second = (make_job(deadline=1000.0 + number, low_latency=True) for number in range(3))
    cancelled.cancelled = True
    waiting = fill_queue(*late, second, first, cancelled)
    assert [waiting.take_first() for _ in range(3)] == [[first], [second], []]
    assert waiting.take(4) == late[:4]


def test_a_batch_has_one_checkpoint_and_one_padded_length() -> None:
    first, same, other, long, same_again = (
        make_job(1),
        make_job(2, tokens=34),
        make_job(3, ANGER),
        make_job(4, tokens=50),
        make_job(5, tokens=48),
    )
    waiting = fill_queue(first, same, other, long, same_again)
    assert waiting.take(8) == [first, same, same_again]
    assert waiting.take(8) == [other]
    assert waiting.take(8) == [long]


@given(st.lists(st.integers(1, 700), min_size=1, max_size=BATCH_CANDIDATES), st.integers(1, 64))
def test_attention_of_a_batch_needs_no_more_memory_than_the_longest_run(lengths: list[int], most: int) -> None:
    waiting = fill_queue(*(make_job(deadline, tokens=tokens) for deadline, tokens in enumerate(lengths)))
    while len(waiting):
        batch = waiting.take(most)
        longest = max(count_padded_steps(one) * TOKEN_STEP for one in batch)
        assert len(batch) == 1 or len(batch) * longest**2 <= (2 * MAX_SYMBOLS) ** 2 / 2


def test_a_batch_is_limited_in_size_and_candidates() -> None:
    many = [make_job(number) for number in range(6)]
    assert fill_queue(*many).take(4) == many[:4]
    far = make_job(1000)
    others = [make_job(number, ANGER) for number in range(1, BATCH_CANDIDATES)]
    assert fill_queue(make_job(0), *others, far).take(4)[1:] == []


def test_an_unbatchable_job_is_taken_alone() -> None:
    unbatchable, other, third = make_job(1, unbatchable=True), make_job(2), make_job(3)
    waiting = fill_queue(unbatchable, other, third)
    assert waiting.take(8) == [unbatchable]
    assert waiting.take(8) == [other, third]
    assert fill_queue(make_job(1), unbatchable).take(8) != [unbatchable]


def test_a_cancelled_job_is_dropped() -> None:
    cancelled, active = make_job(1), make_job(2)
    cancelled.cancelled = True
    assert fill_queue(cancelled, active).take(8) == [active]


def test_a_worker_waits_until_there_is_a_job() -> None:
    waiting, taken = DeadlineQueue(), []
    worker = threading.Thread(target=lambda: taken.append(waiting.take(1)))
    worker.start()
    one = make_job(1)
    waiting.put(one)
    worker.join(10)
    assert taken == [[one]]


def test_closing_ends_the_workers_and_fails_waiting_jobs() -> None:
    one = make_job(1)
    waiting, taken = fill_queue(one), []
    waiting.close()
    worker = threading.Thread(target=lambda: taken.append(waiting.take(1)))
    worker.start()
    worker.join(10)
    assert taken == [[]]
    with pytest.raises(OverTimeBudget):
        raise one.channel.get_nowait()  # type: ignore[misc]
