"""The queue of tasks: their order by urgency, and the selection of batches."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OverTimeBudget
from app.synthesis.job import Computation, Job, Task, VocodingTask
from app.synthesis.models.acoustic import TOKEN_STEP
from app.synthesis.playback import COMPLETE_SECONDS, Playback
from app.synthesis.runs import MAX_SYMBOLS
from app.synthesis.scheduler import (
    BATCH_CANDIDATES,
    EARLY_SECONDS,
    FIRST_SECONDS,
    MAX_LATER_VOCODING,
    MAX_ROWS,
    MAX_VOCODING,
    URGENT_TASKS,
    USUAL_SECONDS,
    TaskQueue,
    count_padded_steps,
)
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


def make_vocoding(deadline: float, *, first: bool = False, made: float = 0.0) -> VocodingTask:
    """Return an utterance of which some seconds are vocoded."""
    mel: Any = None
    return VocodingTask(make_job(deadline, low_latency=first), mel, iter(()), seconds=made)


def make_label(deadline: float, *, first: bool = True, shape: int = 16, rows: int = 1) -> Computation:
    """Return the computation of labels, which are the rows."""
    playback = Playback()
    return Computation([object()] * rows, identity, shape, playback, is_first=first, deadline=deadline)


def identity(rows: Sequence[Any]) -> Sequence[Any]:
    return rows


def fill_queue(*tasks: Task, now: float = -1000.0, workers: int = 1) -> TaskQueue:
    """Return a queue at a time at which, by default, no deadline is near."""
    waiting = TaskQueue(workers, clock=lambda: now)
    for one in tasks:
        waiting.put(one)
    return waiting


def take_all(waiting: TaskQueue, most: int = 1) -> list[Task]:
    return [task for _ in range(len(waiting)) for task in (waiting.take(most) if len(waiting) else [])]


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


def test_first_tasks_of_all_requests_precede_later_tasks_of_any_in_the_order_of_the_requests() -> None:
    later: list[Task] = [make_label(5.0, first=False), make_job(5.0), make_vocoding(5.0)]
    label, utterance, chunk = make_label(13.0), make_job(12.0, low_latency=True), make_vocoding(11.0, first=True)
    assert take_all(fill_queue(*later, label, utterance, chunk)) == [chunk, utterance, label, *later]


def test_only_the_first_chunk_of_a_first_utterance_is_a_first_task() -> None:
    begun, waiting = make_vocoding(1.0, first=True, made=0.4), make_vocoding(2.0, first=True)
    assert take_all(fill_queue(begun, waiting)) == [waiting, begun]
    assert begun.deadline == 1.4


def test_audio_that_would_soon_be_late_precedes_first_tasks() -> None:
    first, seconds = make_job(0.0, low_latency=True), URGENT_TASKS * USUAL_SECONDS
    soon, later = make_vocoding(10.0 + seconds / 2), make_vocoding(10.0 + 2 * seconds)
    label = make_label(10.0 + seconds / 4, first=False)
    assert take_all(fill_queue(later, first, soon, label, now=10.0)) == [label, soon, first, later]


def test_what_is_urgent_depends_on_how_long_tasks_take() -> None:
    first, later = make_job(0.0, low_latency=True), make_vocoding(10.0 + 2 * URGENT_TASKS * USUAL_SECONDS)
    waiting = fill_queue(first, later, now=10.0)
    for _ in range(50):
        waiting.record_seconds(3 * USUAL_SECONDS)
    assert take_all(waiting) == [later, first]


def test_one_task_that_takes_long_makes_no_others_urgent() -> None:
    first, later = make_job(0.0, low_latency=True), make_vocoding(10.0 + 2 * URGENT_TASKS * USUAL_SECONDS)
    waiting = fill_queue(first, later, now=10.0)
    waiting.record_seconds(60.0)
    assert take_all(waiting) == [first, later]


def test_late_tasks_and_first_tasks_alternate() -> None:
    late = [make_job(float(number)) for number in range(4)]
    cancelled, first, second = (make_job(1000.0 + number, low_latency=True) for number in range(3))
    cancelled.cancelled = True
    waiting = fill_queue(*late, second, first, cancelled, now=500.0)
    assert take_all(waiting) == [late[0], first, late[1], second, *late[2:]]


@pytest.mark.parametrize("readers", [20, 200])
def test_a_request_that_begins_among_late_readers_waits_for_few_tasks_of_theirs(readers: int) -> None:
    labels = [make_label(number + 0.5, first=False) for number in range(readers)]
    waiting = fill_queue(*map(make_job, range(readers)), *labels, make_vocoding(1.0), now=500.0)
    rest = make_vocoding(490.0, first=True, made=0.4)
    taken = 0
    for step in (make_label(490.0), make_job(490.0, low_latency=True), make_vocoding(490.0, first=True), rest):
        waiting.put(step)
        while waiting.take(1)[0] is not step:
            taken += 1
    assert taken <= 4


def test_a_worker_finishes_utterances_before_it_begins_more_than_a_few() -> None:
    begun = [make_vocoding(50.0 + number) for number in range(MAX_VOCODING)]
    first, later = make_job(0.0, low_latency=True), make_job(1.0)
    assert fill_queue(*begun, first).take(1) == begun[:1]
    assert fill_queue(*begun, first, workers=2).take(1) == [first]
    assert fill_queue(*begun[:MAX_LATER_VOCODING], later).take(1) == begun[:1]
    assert fill_queue(*begun[:MAX_LATER_VOCODING], later, first).take(1) == [first]


def test_audio_of_a_request_precedes_the_labels_of_its_later_sentences() -> None:
    label, chunk = make_label(5.0), make_vocoding(5.0, first=True)
    assert take_all(fill_queue(label, chunk)) == [chunk, label]


def test_labels_do_not_wait_until_an_utterance_is_finished() -> None:
    begun, later = [make_vocoding(50.0 + number) for number in range(MAX_VOCODING)], make_job(1.0)
    first, needed = make_label(0.0), make_label(40.0, first=False)
    waiting = fill_queue(*begun, later, needed, first)
    assert [waiting.take(1)[0] for _ in range(3)] == [first, needed, begun[0]]


def test_utterances_are_not_batched_for_a_while_after_a_first_task() -> None:
    now = 0.0
    waiting = TaskQueue(clock=lambda: now)
    for one in (*(make_job(0.0, low_latency=True) for _ in range(2)), *(make_job(50.0) for _ in range(6))):
        waiting.put(one)
    assert [len(waiting.take(4)) for _ in range(3)] == [1, 1, 1]
    now = FIRST_SECONDS
    assert len(waiting.take(4)) == 4


def test_one_worker_takes_no_early_tasks_for_a_while_after_a_first_task() -> None:
    now = 0.0
    waiting = TaskQueue(2, clock=lambda: now)
    first, soon = make_job(0.0, low_latency=True), make_job(EARLY_SECONDS)
    early = [make_vocoding(EARLY_SECONDS + 1 + number) for number in range(3)]
    complete = make_vocoding(EARLY_SECONDS + 9)
    complete.job.playback = Playback(streamed=False)
    for one in (*early, first):
        waiting.put(one)
    with ThreadPoolExecutor(1) as other:
        assert waiting.take(1) == [first]
        assert other.submit(waiting.take, 1).result() == early[:1]
        waiting.put(complete)
        waiting.put(soon)
        assert [waiting.take(1)[0] for _ in range(2)] == [soon, complete]
        assert other.submit(waiting.take, 1).result() == early[1:2]
        now = FIRST_SECONDS
        assert waiting.take(1) == early[2:]


def test_first_labels_of_requests_are_computed_together_if_they_have_one_shape() -> None:
    same, other, later = (
        [make_label(float(n)) for n in range(7)],
        make_label(0.5, shape=32),
        make_label(0.5, first=False),
    )
    waiting = fill_queue(*same, other, later)
    assert [len(waiting.take(4)) for _ in range(5)] == [4, 1, 2, 1, 1]
    assert MAX_ROWS >= 4
    assert len(fill_queue(*same, workers=2).take(4)) == 4 and len(fill_queue(*same[:3], workers=2).take(4)) == 2


def test_a_request_that_is_not_streamed_has_no_first_tasks_and_is_due_later() -> None:
    playback = Playback(streamed=False)
    complete = replace(make_job(playback.deadline, low_latency=True), playback=playback)
    assert not complete.is_first and not playback.waits and playback.deadline == playback.begun + COMPLETE_SECONDS
    first = make_job(playback.begun + COMPLETE_SECONDS / 2, low_latency=True)
    assert take_all(fill_queue(complete, first, now=playback.begun)) == [first, complete]


def test_a_request_knows_whether_others_wait_for_their_first_audio() -> None:
    mine, other, later = make_job(1.0, low_latency=True), make_label(1.0), make_label(1.0, first=False)
    assert not fill_queue(mine, later).has_first(besides=mine.playback)
    waiting = fill_queue(mine, other)
    assert waiting.has_first(besides=mine.playback)
    other.cancelled = True
    assert not waiting.has_first(besides=mine.playback)


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
        longest = max(count_padded_steps(one) * TOKEN_STEP for one in batch if isinstance(one, Job))
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
    waiting = TaskQueue()
    taken: list[Sequence[Task]] = []
    worker = threading.Thread(target=lambda: taken.append(waiting.take(1)))
    worker.start()
    one = make_job(1)
    waiting.put(one)
    worker.join(10)
    assert taken == [[one]]


def test_closing_ends_the_workers_and_fails_waiting_jobs() -> None:
    one, label, after = make_job(1), make_label(1.0), make_job(1)
    waiting = fill_queue(one, label)
    taken: list[Sequence[Task]] = []
    waiting.close()
    waiting.put(after)
    worker = threading.Thread(target=lambda: taken.append(waiting.take(1)))
    worker.start()
    worker.join(10)
    assert taken == [[]]
    for job in (one, after):
        with pytest.raises(OverTimeBudget):
            raise job.channel.get_nowait()  # type: ignore[misc]
    with pytest.raises(OverTimeBudget):
        label.result.result(0)
