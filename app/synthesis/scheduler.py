"""Queue the utterances of all requests in the order in which their audio is needed.

Earliest deadline first (Liu and Layland, doi 10.1145/321738.321743): the first utterance of a request is due at once, a
later one when the utterances before it have been played, if playback began at once. So a line of a dialogue goes before
the far end of a book, and a book barely ahead of its playback goes before a new request.

Under overload, that order alone would make a new request wait for everything that is late. So a worker also takes first
utterances while it vocodes a batch, at most as many as a batch can have.
"""

from __future__ import annotations

import bisect
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from app.errors import OverTimeBudget
from app.planning.planner import MAX_SPEED, MIN_SPEED
from app.synthesis.cache import CachedSentence, SentenceKey
from app.synthesis.loader import Speaker
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.glow import TOKEN_STEP
from app.synthesis.tokenizer import Tokens
from app.types import PlanWarning, Samples, Utterance, Word
from app.voices import Voice
from app.voices.manifest import Expression

POLL_SECONDS = 0.1
"""Interval at which a waiting reader checks for cancellation."""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """First item of an utterance stream: what is known before the first sample."""

    gain: float
    """Linear gain, fixed for the checkpoint."""
    words: Callable[[], tuple[Word, ...]] = tuple
    """Function for word times, which take a while to compute: seconds from the first sample; none without durations."""
    warnings: tuple[PlanWarning, ...] = ()
    queue_ms: float = 0.0
    acoustic_ms: float = 0.0
    """The utterance's share of its batch."""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Last item of an utterance stream: what is known after the last sample."""

    warnings: tuple[PlanWarning, ...] = ()
    vocoder_ms: float = 0.0


@dataclass(slots=True, eq=False)
class Job:
    """An utterance to synthesize. The engine's workers fill its channel; one reader empties it."""

    voice: Voice
    utterance: Utterance
    speaker: Speaker
    tokens: Tokens
    seed: int
    unbatchable: bool
    """Whether to synthesize it alone, because the same request must give the same bytes."""
    low_latency: bool
    """Whether a reader waits for its first audio."""
    deadline: float
    """When its audio is needed, by `time.monotonic`."""
    key: SentenceKey | None
    """Cache key of the result; None if it is not cached."""
    submitted_at: float = field(default_factory=time.perf_counter)
    cancelled: bool = False
    channel: queue.SimpleQueue[StreamStart | Samples | StreamEnd | Exception] = field(default_factory=queue.SimpleQueue)

    @property
    def speed(self) -> float:
        """Speaking rate of the acoustic model."""
        return min(max(self.utterance.speed * self.speaker.expression.speed, MIN_SPEED), MAX_SPEED)

    def make_acoustic_input(self) -> AcousticInput:
        """Create the input of the acoustic model."""
        pause = self.tokens.count_pause_tokens() if self.speaker.checkpoint.model.leading_pause else 0
        preceding = self.tokens.preceding
        return AcousticInput(self.tokens.ids, self.speaker.speakers, self.speed, self.seed, preceding, pause)

    @property
    def expression(self) -> Expression:
        """Expression of the emotion, with the pitch that markup sets."""
        expression = self.speaker.expression
        return expression.model_copy(update={"pitch": expression.pitch + self.utterance.pitch})

    def answer(self, head: StreamStart, sentence: CachedSentence | None = None) -> None:
        """Fill the whole channel at once, with a cached sentence or without samples."""
        self.channel.put(head)
        if sentence is not None:
            self.channel.put(sentence.samples)
        self.channel.put(StreamEnd())


class UtteranceStream:
    """Reader's end of a job's channel: call `wait_for_start`, iterate `read_chunks`, then read `tail`."""

    def __init__(self, job: Job, cancelled: Callable[[], bool]) -> None:
        self.utterance = job.utterance
        self._job = job
        self._cancelled = cancelled
        self.tail = StreamEnd()

    def wait_for_start(self) -> StreamStart:
        """Wait for the start of the stream and return it."""
        head = self._receive()
        assert isinstance(head, StreamStart)
        return head

    def read_chunks(self) -> Iterator[Samples]:
        """Yield samples, mono, (samples,), within -1..1, as they are made; set `tail` at the end."""
        while not isinstance(part := self._receive(), StreamEnd):
            assert isinstance(part, np.ndarray)
            yield part
        self.tail = part

    def cancel(self) -> None:
        """Stop reading; the engine stops within a chunk."""
        self._job.cancelled = True

    def _receive(self) -> StreamStart | Samples | StreamEnd:
        while not self._cancelled():
            try:
                part = self._job.channel.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(part, Exception):
                raise part
            return part
        raise OverTimeBudget("The work was stopped before its end.", hint="Send a shorter text.")


BATCH_CANDIDATES = 32
"""Only this many of the most urgent jobs are considered for a batch, to keep scheduling fair."""
MAX_BATCH_STEPS = 32
"""Maximum steps of `TOKEN_STEP` tokens in a batch, padding included: four sentences of usual length. Long utterances
gain little from batching, and each worker keeps memory for its largest batch so far. The memory of attention grows with
the square of each utterance's tokens; within this limit a batch needs less than a single utterance of the longest run,
and most if it is a batch of two."""


class DeadlineQueue:
    """Jobs that wait for a worker, earliest deadline first. Thread-safe."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def closed(self) -> bool:
        """Whether the queue is closed."""
        return self._closed

    @property
    def oldest(self) -> float | None:
        """When the oldest waiting job was submitted, by `time.perf_counter`; None if the queue is empty."""
        return min((job.submitted_at for job in self._jobs[:]), default=None)

    def put(self, job: Job) -> None:
        """Add a job; jobs with equal deadlines keep their order."""
        with self._changed:
            bisect.insort(self._jobs, job, key=lambda one: one.deadline)
            self._changed.notify()

    def take(self, most: int) -> list[Job]:
        """Wait for the most urgent job and take it with others as a batch of at most `most`; empty if closed."""
        with self._changed:
            while True:
                self._jobs = [job for job in self._jobs if not job.cancelled]
                if self._closed:
                    return []
                if self._jobs:
                    break
                self._changed.wait()
            try:
                batch = form_batch(self._jobs[:BATCH_CANDIDATES], most)
            except Exception as error:
                # Remove the job, or every worker would fail on it.
                self._jobs.pop(0).channel.put(error)
                raise
            self._jobs = [job for job in self._jobs if job not in batch]
            return batch

    def take_first(self) -> list[Job]:
        """Take the most urgent first utterance of a request, ahead of late jobs; empty if none waits."""
        with self._changed:
            first = [job for job in self._jobs if job.low_latency and not job.cancelled][:1]
            self._jobs = [job for job in self._jobs if job not in first]
            return first

    def close(self) -> None:
        """Close the queue: waiting jobs fail with `OverTimeBudget`, and workers get no more jobs."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.channel.put(OverTimeBudget("The service is stopping.", hint="Try again."))
            self._jobs = []
            self._changed.notify_all()


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
