"""Queue the work of all requests, and decide which of it a free worker does next.

The work is divided into tasks of some ten milliseconds: the label of a sentence, the spectrograms of a batch, a chunk
of audio. A worker takes the most urgent task each time, so the order changes within a task:

1. tasks of requests that are being played whose audio would soon be late, earliest deadline first (Liu and Layland,
   doi 10.1145/321738.321743): no reader runs out of audio;
2. tasks for the first audio of a request, in the order of the requests: the first label, the first utterance and its
   first chunk. One request after the other, because all at the same time would all be as late as the last;
3. everything else, earliest deadline first: a line of a dialogue before the far end of a book.

A task cannot be interrupted. So for a second after a first task, when others are likely, utterances are not batched,
and one worker takes no tasks that streams need only later.

If audio is late already, the service has more readers than it can serve. Then late tasks and first tasks alternate, so
that neither waits for all of the others, and utterances that were begun are finished before any others are begun:
otherwise a sentence would stop after its first chunk until all that was due before is spoken.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from app.errors import OverTimeBudget
from app.synthesis.job import Computation, Job, Task, VocodingTask
from app.synthesis.models.acoustic import TOKEN_STEP
from app.synthesis.playback import Playback

URGENT_TASKS = 5
"""A task is urgent if its deadline is nearer than the time that this many tasks take: some that run already, and those
that are needed for the same audio."""
USUAL_SECONDS = 0.02
"""Seconds of a task, before any was measured."""
SMOOTHING = 0.1
"""Weight of the latest task in the average of the seconds that a task takes, which depends on the machine's load."""
BATCH_CANDIDATES = 32
"""Only this many of the most urgent jobs are considered for a batch, to keep scheduling fair."""
MAX_BATCH_STEPS = 32
"""Maximum steps of `TOKEN_STEP` tokens in a batch, padding included: four sentences of usual length. Long utterances
gain little from batching, and each worker keeps memory for its largest batch so far. The memory of attention grows with
the square of each utterance's tokens; within this limit a batch needs less than a single utterance of the longest run,
and most if it is a batch of two."""
FIRST_SECONDS = 1.0
"""Seconds after a first task in which others are expected."""
EARLY_SECONDS = 1.0
"""A task is early if a stream needs its result later than this."""
POLL_SECONDS = 0.1
"""Interval at which a worker looks whether tasks are still early."""
MAX_GROWTH = 10
"""A task counts at most this many times the average: one that loads or compiles something takes seconds."""
MAX_ROWS = 8
"""Maximum rows of a batch of computations."""
MAX_VOCODING, MAX_LATER_VOCODING = 8, 4
"""Maximum utterances for each worker that wait between two chunks: a harmonic source takes megabytes for each. Beyond,
a worker finishes utterances before it begins others; with the lower number, before it begins any but first ones."""

FIRST, URGENT, LATER = 1, 0, 2


class TaskQueue:
    """Tasks that wait for one of `workers` workers. Thread-safe."""

    def __init__(self, workers: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._workers = max(1, workers)
        self._clock = clock
        self._tasks: list[Task] = []
        self._changed = threading.Condition()
        self._closed = False
        self._task_seconds = USUAL_SECONDS
        self._took_late = False
        """Whether the task taken last was late."""
        self._first_until = -math.inf
        """Until when first tasks are expected."""
        self._early_workers: set[int] = set()
        """Identifiers of the threads that work on early tasks."""

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def utterances(self) -> int:
        """Number of utterances that wait, for the acoustic model or between two chunks."""
        return sum(not isinstance(task, Computation) for task in self._tasks[:])

    @property
    def closed(self) -> bool:
        """Whether the queue is closed."""
        return self._closed

    @property
    def oldest(self) -> float | None:
        """When the oldest waiting task was submitted, by `time.perf_counter`; None if the queue is empty."""
        return min((task.submitted_at for task in self._tasks[:]), default=None)

    def record_seconds(self, seconds: float) -> None:
        """Record how long a task took."""
        with self._changed:
            counted = min(seconds, MAX_GROWTH * self._task_seconds)
            self._task_seconds += SMOOTHING * (counted - self._task_seconds)

    def has_first(self, besides: Playback) -> bool:
        """Return whether another request waits for a worker to begin with its first audio."""
        return any(task.is_first and task.playback is not besides and not task.cancelled for task in self._tasks[:])

    def put(self, task: Task) -> None:
        """Add a task; if the queue is closed, it fails at once."""
        with self._changed:
            if self._closed:
                fail_stopped(task)
                return
            self._tasks.append(task)
            self._changed.notify()

    def take(self, most: int) -> Sequence[Task]:
        """Wait for the most urgent task; return it, or a batch of jobs or of computations; empty if closed.

        A batch has at most `most` jobs.
        """
        worker = threading.get_ident()
        with self._changed:
            self._early_workers.discard(worker)
            while True:
                self._tasks = [task for task in self._tasks if not task.cancelled]
                if self._closed:
                    return []
                if tasks := self._order():
                    break
                self._changed.wait(POLL_SECONDS if self._tasks else None)
            if self._is_early(tasks[0]):
                self._early_workers.add(worker)
            try:
                batch = self._form_batch(tasks, most)
            except Exception as error:
                # Remove the task, or every worker would fail on it.
                self._tasks.remove(tasks[0])
                tasks[0].fail(error)
                raise
            self._tasks = [task for task in self._tasks if task not in batch]
            return batch

    def _order(self) -> list[Task]:
        """Return the tasks that may be taken, the most urgent one first; equal ones keep their order."""
        now = self._clock()
        urgent_until = now + URGENT_TASKS * self._task_seconds
        vocoding = sum(isinstance(task, VocodingTask) for task in self._tasks) / self._workers

        is_reserved = now < self._first_until and len(self._early_workers) >= self._workers - 1 > 0

        def is_allowed(task: Task) -> bool:
            if is_reserved and self._is_early(task):
                return False
            return not isinstance(task, Job) or vocoding < (MAX_VOCODING if task.is_first else MAX_LATER_VOCODING)

        def measure_urgency(task: Task) -> tuple[int, bool, float, bool]:
            is_late = task.playback.streamed and not task.is_first and task.deadline < now
            # The first audio of a request before the labels of its later sentences.
            is_extra = task.is_first and isinstance(task, Computation)
            return rank(task, urgent_until), not (is_late and isinstance(task, VocodingTask)), task.deadline, is_extra

        ordered = sorted(filter(is_allowed, self._tasks), key=measure_urgency)
        if self._took_late:
            ordered.sort(key=lambda task: not task.is_first)
        if ordered:
            head = ordered[0]
            self._took_late = not head.is_first and head.deadline < now
            self._first_until = now + FIRST_SECONDS if head.is_first else self._first_until
        return ordered

    def _is_early(self, task: Task) -> bool:
        return task.playback.streamed and not task.is_first and task.deadline > self._clock() + EARLY_SECONDS

    def _form_batch(self, tasks: list[Task], most: int) -> Sequence[Task]:
        """Return the first task, with others that are computed together with it.

        A first utterance is computed alone, since its reader would wait for the whole batch, and so are others while
        first tasks are expected. First labels, which take half as long together, are divided evenly among the workers.
        """
        head = tasks[0]
        alike = [task for task in tasks if task.is_first == head.is_first]
        if isinstance(head, Job):
            jobs = [task for task in alike if isinstance(task, Job)]
            return form_batch(jobs[:BATCH_CANDIDATES], 1 if self._clock() < self._first_until else most)
        if isinstance(head, Computation):
            share = -(-len(alike) // self._workers) if head.is_first else MAX_ROWS
            return gather(head, [task for task in alike if isinstance(task, Computation)], min(MAX_ROWS, share))
        return [head]

    def close(self) -> None:
        """Close the queue: waiting tasks fail with `OverTimeBudget`, and workers get no more tasks."""
        with self._changed:
            self._closed = True
            for task in self._tasks:
                fail_stopped(task)
            self._tasks = []
            self._changed.notify_all()


def rank(task: Task, urgent_until: float) -> int:
    """Return the urgency of a task: `URGENT` before `FIRST` before `LATER`."""
    if task.is_first:
        return FIRST
    return URGENT if task.deadline < urgent_until else LATER


def fail_stopped(task: Task) -> None:
    """Fail a task because the service is stopping."""
    task.fail(OverTimeBudget("The service is stopping.", hint="Try again."))


def gather(head: Computation, tasks: Sequence[Computation], most: int) -> list[Computation]:
    """Return a computation, and others of one row each with its function and shape if it has one row, too.

    Together they have at most `most` rows, and a power of 2: a backend prepares itself for each new size of a batch.
    """
    if len(head.rows) > 1:
        return [head]
    alike = [task for task in tasks if (task.compute, task.shape, len(task.rows)) == (head.compute, head.shape, 1)]
    return alike[: 1 << (min(most, len(alike)).bit_length() - 1)]


def form_batch(jobs: list[Job], most: int) -> list[Job]:
    """Return the first job and later ones that can share its batch: those of its checkpoint and padded length."""
    batch = jobs[:1]
    for job in jobs[1:]:
        fits = len(batch) < most and (len(batch) + 1) * count_padded_steps(job) <= MAX_BATCH_STEPS
        if fits and not batch[0].unbatchable and not job.unbatchable and have_same_shape(batch[0], job):
            batch.append(job)
    return batch


def have_same_shape(first: Job, second: Job) -> bool:
    """Return whether two jobs use one checkpoint and a batch of both pads neither beyond its length alone."""
    return first.speaker.checkpoint is second.speaker.checkpoint and count_padded_steps(first) == count_padded_steps(
        second
    )


def count_padded_steps(job: Job) -> int:
    """Return the number of tokens in steps of `TOKEN_STEP`, padding included."""
    return -(-len(job.tokens.ids) // TOKEN_STEP)


class Progress:
    """Progress of the workers, for health checks and metrics. Thread-safe."""

    def __init__(self) -> None:
        self.last = time.perf_counter()
        """When a worker last finished a step of work, by `time.perf_counter`."""
        self.restarts = 0
        """Number of times a worker failed outside a batch and restarted."""
        self._batches: Counter[int] = Counter()
        self._lock = threading.Lock()

    def record_step(self) -> None:
        """Record that a worker finished a chunk of audio or a batch, successfully or not."""
        self.last = time.perf_counter()

    def count_batch(self, utterances: int) -> None:
        """Count a batch that a worker took, by its number of utterances."""
        with self._lock:
            self._batches[utterances] += 1

    def count_restart(self) -> None:
        """Count a restart of a worker."""
        with self._lock:
            self.restarts += 1

    @property
    def batches(self) -> dict[int, int]:
        """Number of batches by their size in utterances."""
        with self._lock:
            return dict(self._batches)
