"""The utterances of all requests that wait to be spoken, in the order in which their sound is needed.

Earliest deadline first (Liu and Layland, doi 10.1145/321738.321743): the first utterance of a request is due at once, a
later one when a listener who began to listen at once has heard those before it. So a line of a dialogue goes before the
far end of a book, and a book that is only just ahead of its listener before a request that has only begun.

When more is due than can be made, that order alone would have a new request wait for everything that is late. So a
worker also takes first utterances while it vocodes a batch, as many as a batch has at most.
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
from app.synthesis.cache import Sentence, SentenceKey
from app.synthesis.loader import Speaker
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.glow import TOKEN_STEP
from app.synthesis.tokenizer import Tokens
from app.types import PlanWarning, Samples, Utterance, Word
from app.voices import Voice

POLL_SECONDS = 0.1
"""How often a reader that waits for sound looks whether it is still wanted."""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """What is known about an utterance before its first sample."""

    gain: float
    """Linear; fixed for the checkpoint."""
    words: Callable[[], tuple[Word, ...]] = tuple
    """Finds them, which takes a while: seconds from the beginning of the samples; none without durations."""
    warnings: tuple[PlanWarning, ...] = ()
    queue_ms: float = 0.0
    acoustic_ms: float = 0.0
    """Its share of the batch that it was in."""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """What is known behind its last sample."""

    warnings: tuple[PlanWarning, ...] = ()
    vocoder_ms: float = 0.0


@dataclass(slots=True, eq=False)
class Job:
    """One utterance. The engine's workers fill its channel, one reader empties it."""

    voice: Voice
    utterance: Utterance
    speaker: Speaker
    tokens: Tokens
    seed: int
    unbatchable: bool
    """Never in a batch: its bytes were promised."""
    low_latency: bool
    """Somebody waits for its first sound."""
    deadline: float
    """When its sound is needed, by `time.monotonic`."""
    key: SentenceKey | None
    """Where it is kept when it is done; None where nothing is kept."""
    asked_at: float = field(default_factory=time.perf_counter)
    cancelled: bool = False
    channel: queue.SimpleQueue[StreamStart | Samples | StreamEnd | Exception] = field(default_factory=queue.SimpleQueue)

    @property
    def asked(self) -> AcousticInput:
        """What the acoustic model is asked."""
        return AcousticInput(self.tokens.ids, self.speaker.speakers, self.utterance.speed, self.seed)

    def answer(self, head: StreamStart, sentence: Sentence | None = None) -> None:
        """Fill the whole channel at once: with a sentence that was spoken before, or with nothing."""
        self.channel.put(head)
        if sentence is not None:
            self.channel.put(sentence.samples)
        self.channel.put(StreamEnd())


class UtteranceStream:
    """The reader's end of a job: `head`, then `chunks`, then `tail`."""

    def __init__(self, job: Job, cancelled: Callable[[], bool]) -> None:
        self.utterance = job.utterance
        self._job = job
        self._cancelled = cancelled
        self.tail = StreamEnd()

    def head(self) -> StreamStart:
        """Wait for what is known before the first sample."""
        head = self._next()
        assert isinstance(head, StreamStart)
        return head

    def chunks(self) -> Iterator[Samples]:
        """The samples, mono, (samples,), within -1..1, as they are made; sets `tail` at the end."""
        while not isinstance(part := self._next(), StreamEnd):
            assert isinstance(part, np.ndarray)
            yield part
        self.tail = part

    def cancel(self) -> None:
        """Nobody reads any more: the engine stops within a chunk."""
        self._job.cancelled = True

    def _next(self) -> StreamStart | Samples | StreamEnd:
        while not self._cancelled():
            try:
                part = self._job.channel.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(part, Exception):
                raise part
            return part
        raise OverTimeBudget("The work was stopped before its end.", hint="Send a shorter text.")


WINDOW = 32
"""How many of the most urgent jobs are looked through for company: a batch is no reason to be unfair."""
MOST_STEPS = 32
"""Of tokens in a batch, padding included: four sentences of usual length. Long ones gain little from company, and each
worker keeps memory for the largest batch that it ever had. Attention takes memory by the square of the tokens of each
utterance: the bound makes that most in a batch of two, and less than for one utterance of the longest run."""


class DeadlineQueue:
    """Safe between threads."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def closed(self) -> bool:
        """Whether nothing is taken any more."""
        return self._closed

    @property
    def oldest(self) -> float | None:
        """When the job that waits the longest was asked for, by `time.perf_counter`; None where none waits."""
        return min((job.asked_at for job in self._jobs[:]), default=None)

    def put(self, job: Job) -> None:
        """Add a job; among equals the one that came first goes first."""
        with self._changed:
            bisect.insort(self._jobs, job, key=lambda one: one.deadline)
            self._changed.notify()

    def take(self, most: int) -> list[Job]:
        """Wait for the most urgent job, and take others like it along; none once it is closed."""
        with self._changed:
            while True:
                self._jobs = [job for job in self._jobs if not job.cancelled]
                if self._closed:
                    return []
                if self._jobs:
                    break
                self._changed.wait()
            try:
                batch = form_batch(self._jobs[:WINDOW], most)
            except Exception as error:
                # It leaves the queue, or every worker would fail with it.
                self._jobs.pop(0).channel.put(error)
                raise
            self._jobs = [job for job in self._jobs if job not in batch]
            return batch

    def take_first(self) -> list[Job]:
        """Take the most urgent first utterance of a request, however much is late; none if none waits."""
        with self._changed:
            first = [job for job in self._jobs if job.low_latency and not job.cancelled][:1]
            self._jobs = [job for job in self._jobs if job not in first]
            return first

    def close(self) -> None:
        """Forget what waits: whoever takes gets none."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.channel.put(OverTimeBudget("The service is stopping.", hint="Try again."))
            self._jobs = []
            self._changed.notify_all()


def form_batch(jobs: list[Job], most: int) -> list[Job]:
    """The first job, and those behind it that may share a batch with it: one checkpoint, and hardly any padding."""
    batch = jobs[:1]
    for job in jobs[1:]:
        fits = len(batch) < most and (len(batch) + 1) * padded_steps(job) <= MOST_STEPS
        if fits and not batch[0].unbatchable and not job.unbatchable and same_shape(batch[0], job):
            batch.append(job)
    return batch


def same_shape(one: Job, other: Job) -> bool:
    """Whether a batch of both would be padded to what each is padded to alone."""
    return one.speaker.checkpoint is other.speaker.checkpoint and padded_steps(one) == padded_steps(other)


def padded_steps(job: Job) -> int:
    """Tokens, in units of what they are padded to."""
    return -(-len(job.asked.tokens) // TOKEN_STEP)
