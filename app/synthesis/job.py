"""Work that the engine's workers do for requests, and the channel through which a reader gets an utterance."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from app.errors import OverTimeBudget
from app.planning.planner import MAX_PITCH, MAX_SPEED, MIN_SPEED
from app.synthesis.cache import CachedSentence, SentenceKey
from app.synthesis.expression import SEMITONES_PER_OCTAVE
from app.synthesis.loader import PitchPart, Speaker
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.synthesis.playback import Playback
from app.synthesis.tokenizer import Tokens
from app.types import PlanWarning, Samples, Utterance, Word
from app.voices import Voice
from app.voices.manifest import NO_EXPRESSION, Expression

AUDIBLE = 0.002
"""Magnitude of samples that are certainly not trimmed at the beginning of an utterance."""
POLL_SECONDS = 0.1
"""Interval at which a waiting reader checks for cancellation."""


class Task(Protocol):
    """Work for one request that waits for a worker."""

    @property
    def submitted_at(self) -> float:
        """When the work was submitted, by `time.perf_counter`."""
        ...

    @property
    def playback(self) -> Playback:
        """Playback of the request."""
        ...

    @property
    def is_first(self) -> bool:
        """Whether the first audio of the request needs it."""
        ...

    @property
    def deadline(self) -> float:
        """When its result is needed, by `time.monotonic`; for a first task, when the request began."""
        ...

    @property
    def cancelled(self) -> bool:
        """Whether nobody needs the result."""
        ...

    def fail(self, error: Exception) -> None:
        """Send an error instead of the result."""
        ...


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


StreamPart: TypeAlias = "StreamStart | Samples | StreamEnd | Exception"
"""Item of the channel from a worker to the reader of an utterance."""


def limit_pitch(semitones: float) -> float:
    """Return a shift within the limits of requests, which the sum with that of an emotion may exceed."""
    return min(max(semitones, -MAX_PITCH), MAX_PITCH)


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
    """Whether it is the first of its request, so that its first chunk is short."""
    deadline: float
    """When its audio is needed, by `time.monotonic`."""
    key: SentenceKey | None
    """Cache key of the result; None if it is not cached."""
    playback: Playback = field(default_factory=Playback)
    submitted_at: float = field(default_factory=time.perf_counter)
    cancelled: bool = False
    channel: queue.SimpleQueue[StreamPart] = field(default_factory=queue.SimpleQueue)

    @property
    def speed(self) -> float:
        """Speaking rate of the acoustic model."""
        return min(max(self.utterance.speed * self.speaker.expression.speed, MIN_SPEED), MAX_SPEED)

    @property
    def is_first(self) -> bool:
        """See `Task`."""
        return self.low_latency and self.playback.streamed

    def fail(self, error: Exception) -> None:
        """Send an error to the reader."""
        self.channel.put(error)

    def make_acoustic_input(self) -> AcousticInput:
        """Create the input of the acoustic model."""
        pause = self.tokens.count_pause_tokens() if self.speaker.checkpoint.model.leading_pause else 0
        preceding = self.tokens.preceding
        short = pause > 0 and self.tokens.begins_with_voiced_plosive()
        speed = self.speed / self.pitch_ratio
        change = self.expression if self.speaker.pitch is PitchPart.MODEL else NO_EXPRESSION
        return AcousticInput(
            *(self.tokens.ids, self.speaker.speakers, speed, self.seed, preceding, pause, short),
            pitch=limit_pitch(change.pitch),
            pitch_range=change.pitch_range,
        )

    @property
    def pitch_ratio(self) -> float:
        """How much faster samples are played than made, to move the pitch; 1 if a model moves it itself."""
        if self.speaker.pitch is not PitchPart.PLAYBACK:
            return 1.0
        return float(2 ** (limit_pitch(self.expression.pitch) / SEMITONES_PER_OCTAVE))

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


@dataclass(slots=True, eq=False)
class VocodingTask:
    """A job with its mel spectrogram, while it is vocoded; a worker makes one chunk at a time."""

    job: Job
    mel: Mel
    chunks: Iterator[Samples]
    samples: list[Samples] = field(default_factory=list)
    """Samples made so far, if they will be cached."""
    seconds: float = 0.0
    """Seconds of audio made so far."""
    vocoder_ms: float = 0.0

    @property
    def submitted_at(self) -> float:
        """When the job was submitted."""
        return self.job.submitted_at

    @property
    def playback(self) -> Playback:
        """See `Task`."""
        return self.job.playback

    @property
    def is_first(self) -> bool:
        """See `Task`; only until the first chunk is made."""
        return self.job.is_first and not self.seconds

    @property
    def deadline(self) -> float:
        """When the next chunk is needed: when the chunks before it have been played."""
        return self.job.deadline + self.seconds

    @property
    def cancelled(self) -> bool:
        """See `Task`."""
        return self.job.cancelled

    def fail(self, error: Exception) -> None:
        """Send an error to the reader."""
        self.job.fail(error)

    def send(self, chunk: Samples) -> None:
        """Send a chunk to the reader; playback of a request begins with the sound of its first one."""
        seconds = len(chunk) / self.job.voice.sample_rate
        if self.is_first:
            sounds = np.abs(chunk) > AUDIBLE
            silence = (int(sounds.argmax()) if sounds.any() else len(chunk)) / self.job.voice.sample_rate
            self.job.deadline = time.monotonic() - silence
        self.seconds += seconds
        self.job.channel.put(chunk)


@dataclass(slots=True, eq=False)
class Computation:
    """Rows for a network that is not part of synthesis; a worker may compute rows of several requests at once."""

    rows: Sequence[Any]
    compute: Callable[[Sequence[Any]], Sequence[Any]]
    """Function from rows of one shape, of any requests, to a result for each."""
    shape: Hashable
    playback: Playback
    is_first: bool
    deadline: float
    submitted_at: float = field(default_factory=time.perf_counter)
    cancelled: bool = False
    result: Future[Sequence[Any]] = field(default_factory=Future)

    def fail(self, error: Exception) -> None:
        """Send an error to the caller."""
        if not self.result.done():
            self.result.set_exception(error)

    def wait_for_result(self, cancelled: Callable[[], bool]) -> Sequence[Any]:
        """Wait for the results of the rows and return them; raise `OverTimeBudget` once the request is cancelled."""
        while not wait([self.result], timeout=POLL_SECONDS).done:
            raise_if_cancelled(cancelled)
        return self.result.result()


def run_computations(tasks: Sequence[Computation]) -> None:
    """Compute the rows of some computations together, and give each its results."""
    results = iter(tasks[0].compute([row for task in tasks for row in task.rows]))
    for task in tasks:
        task.result.set_result([next(results) for _ in task.rows])


def raise_if_cancelled(cancelled: Callable[[], bool]) -> None:
    """Raise `OverTimeBudget` if the request is cancelled."""
    if cancelled():
        raise OverTimeBudget("The work was stopped before its end.", hint="Send a shorter text.")


class UtteranceJob(Protocol):
    """An utterance that is synthesized, in this process or another, as its reader uses it."""

    voice: Voice
    utterance: Utterance
    playback: Playback
    channel: queue.SimpleQueue[StreamPart]
    cancelled: bool

    @property
    def speed(self) -> float:
        """Speaking rate from which the duration is estimated."""
        ...


class UtteranceStream:
    """Reader's end of a job's channel: call `wait_for_start`, iterate `read_chunks`, then read `tail`."""

    def __init__(self, job: UtteranceJob, cancelled: Callable[[], bool], estimated_seconds: float = 0.0) -> None:
        """Start reading; `estimated_seconds` of audio are already counted in the playback's deadline."""
        self.utterance = job.utterance
        self._job = job
        self._cancelled = cancelled
        self._estimated_seconds = estimated_seconds
        self.tail = StreamEnd()

    def wait_for_start(self) -> StreamStart:
        """Wait for the start of the stream and return it."""
        head = self._receive()
        assert isinstance(head, StreamStart)
        return head

    def read_chunks(self) -> Iterator[Samples]:
        """Yield samples, mono, (samples,), within -1..1, as they are made; set `tail` at the end."""
        seconds, playback = 0.0, self._job.playback
        while not isinstance(part := self._receive(), StreamEnd):
            assert isinstance(part, np.ndarray)
            duration = len(part) / self._job.voice.sample_rate
            seconds += duration
            playback.receive(duration)
            yield part
        playback.deadline += seconds - self._estimated_seconds
        self.tail = part

    def cancel(self) -> None:
        """Stop reading; the engine stops within a chunk."""
        self._job.cancelled = True

    def _receive(self) -> StreamStart | Samples | StreamEnd:
        while True:
            raise_if_cancelled(self._cancelled)
            try:
                part = self._job.channel.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(part, Exception):
                raise part
            return part
