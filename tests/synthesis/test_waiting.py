"""The order in which utterances are taken: who needs its sound first, and who may go along."""

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
from app.synthesis.scheduler import BATCH_CANDIDATES, DeadlineQueue, Job, padded_steps
from app.synthesis.tokenizer import Tokens
from tests.speaking import utterance

BASE, ANGER = SimpleNamespace(name="base"), SimpleNamespace(name="anger")


def job(
    deadline: float, checkpoint: Any = BASE, tokens: int = 40, unbatchable: bool = False, low_latency: bool = False
) -> Job:
    """A job that nothing but the queue will look at."""
    ids = Tokens(tuple(range(tokens)), "a" * tokens, tuple(range(tokens)), "")
    speaker: Any = SimpleNamespace(checkpoint=checkpoint, speakers={})
    voice: Any = None
    return Job(
        voice,
        utterance(),
        speaker,
        ids,
        seed=0,
        unbatchable=unbatchable,
        low_latency=low_latency,
        deadline=deadline,
        key=None,
    )


def filled(*jobs: Job) -> DeadlineQueue:
    waiting = DeadlineQueue()
    for one in jobs:
        waiting.put(one)
    return waiting


def test_what_is_needed_first_is_taken_first_and_among_equals_who_came_first() -> None:
    late, first, second, early = job(5.0), job(1.0), job(1.0), job(0.5)
    waiting = filled(late, first, second, early)
    assert [waiting.take(1)[0] for _ in range(4)] == [early, first, second, late]


def test_a_line_goes_before_the_far_end_of_a_book() -> None:
    book = [job(deadline=3.0 * number) for number in range(1, 200)]
    line = job(deadline=1.0)
    waiting = filled(*book, line)
    assert waiting.take(4)[0] is line


def test_a_book_that_is_due_goes_before_what_comes_later() -> None:
    page, newcomer = job(deadline=10.0), job(deadline=11.0)
    assert filled(newcomer, page).take(1) == [page]


def test_the_first_utterance_of_a_request_can_be_taken_however_much_is_late() -> None:
    late = [job(deadline=float(number)) for number in range(200)]
    gone, first, second = (job(deadline=1000.0 + number, low_latency=True) for number in range(3))
    gone.cancelled = True
    waiting = filled(*late, second, first, gone)
    assert [waiting.take_first() for _ in range(3)] == [[first], [second], []]
    assert waiting.take(4) == late[:4]


def test_a_batch_is_of_one_checkpoint_and_one_padded_length() -> None:
    first, same, other, long, same_again = (
        job(1),
        job(2, tokens=34),
        job(3, ANGER),
        job(4, tokens=50),
        job(5, tokens=48),
    )
    waiting = filled(first, same, other, long, same_again)
    assert waiting.take(8) == [first, same, same_again]
    assert waiting.take(8) == [other]
    assert waiting.take(8) == [long]


@given(st.lists(st.integers(1, 700), min_size=1, max_size=BATCH_CANDIDATES), st.integers(1, 64))
def test_attention_of_a_batch_needs_no_more_memory_than_the_longest_run(lengths: list[int], most: int) -> None:
    waiting = filled(*(job(deadline, tokens=tokens) for deadline, tokens in enumerate(lengths)))
    while len(waiting):
        batch = waiting.take(most)
        longest = max(padded_steps(one) * TOKEN_STEP for one in batch)
        assert len(batch) == 1 or len(batch) * longest**2 <= (2 * MAX_SYMBOLS) ** 2 / 2


def test_a_batch_has_its_size_and_does_not_look_far() -> None:
    many = [job(number) for number in range(6)]
    assert filled(*many).take(4) == many[:4]
    far = job(1000)
    others = [job(number, ANGER) for number in range(1, BATCH_CANDIDATES)]
    assert filled(job(0), *others, far).take(4)[1:] == []


def test_who_must_be_alone_is_in_no_batch() -> None:
    unbatchable, other, third = job(1, unbatchable=True), job(2), job(3)
    waiting = filled(unbatchable, other, third)
    assert waiting.take(8) == [unbatchable]
    assert waiting.take(8) == [other, third]
    assert filled(job(1), unbatchable).take(8) != [unbatchable]


def test_what_nobody_waits_for_is_dropped() -> None:
    gone, here = job(1), job(2)
    gone.cancelled = True
    assert filled(gone, here).take(8) == [here]


def test_a_worker_sleeps_until_there_is_work() -> None:
    waiting, taken = DeadlineQueue(), []
    worker = threading.Thread(target=lambda: taken.append(waiting.take(1)))
    worker.start()
    one = job(1)
    waiting.put(one)
    worker.join(10)
    assert taken == [[one]]


def test_closing_ends_the_workers_and_tells_who_waits() -> None:
    one = job(1)
    waiting, taken = filled(one), []
    waiting.close()
    worker = threading.Thread(target=lambda: taken.append(waiting.take(1)))
    worker.start()
    worker.join(10)
    assert taken == [[]]
    with pytest.raises(OverTimeBudget):
        raise one.channel.get_nowait()  # type: ignore[misc]
