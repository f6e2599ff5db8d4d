"""One utterance on its way through the engine: what is asked, and the channel on which its sound comes back."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.errors import OverTimeBudget
from app.plan import PlanWarning, Utterance, Word
from app.speech.acoustic import Asked
from app.speech.cache import Sentence, SentenceKey
from app.speech.loading import Speaker
from app.speech.tokens import Tokens
from app.voices import Voice

Samples = npt.NDArray[np.float32]

POLL_SECONDS = 0.1
"""How often a reader that waits for sound looks whether it is still wanted."""


@dataclass(frozen=True, slots=True)
class Head:
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
class Tail:
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
    alone: bool
    """Never in a batch: its bytes were promised."""
    soon: bool
    """Somebody waits for its first sound."""
    due: float
    """When its sound is needed, by `time.monotonic`."""
    key: SentenceKey | None
    """Where it is kept when it is done; None where nothing is kept."""
    asked_at: float = field(default_factory=time.perf_counter)
    cancelled: bool = False
    channel: queue.SimpleQueue[Head | Samples | Tail | Exception] = field(default_factory=queue.SimpleQueue)

    @property
    def asked(self) -> Asked:
        """What the acoustic model is asked."""
        return Asked(self.tokens.ids, self.speaker.speakers, self.utterance.speed, self.seed)

    def answer(self, head: Head, sentence: Sentence | None = None) -> None:
        """Fill the whole channel at once: with a sentence that was spoken before, or with nothing."""
        self.channel.put(head)
        if sentence is not None:
            self.channel.put(sentence.samples)
        self.channel.put(Tail())


class Speaking:
    """The reader's end of a job: `head`, then `chunks`, then `tail`."""

    def __init__(self, job: Job, cancelled: Callable[[], bool]) -> None:
        self.utterance = job.utterance
        self._job = job
        self._cancelled = cancelled
        self.tail = Tail()

    def head(self) -> Head:
        """Wait for what is known before the first sample."""
        head = self._next()
        assert isinstance(head, Head)
        return head

    def chunks(self) -> Iterator[Samples]:
        """The samples, mono, (samples,), within -1..1, as they are made; sets `tail` at the end."""
        while not isinstance(part := self._next(), Tail):
            assert isinstance(part, np.ndarray)
            yield part
        self.tail = part

    def cancel(self) -> None:
        """Nobody reads any more: the engine stops within a chunk."""
        self._job.cancelled = True

    def _next(self) -> Head | Samples | Tail:
        while not self._cancelled():
            try:
                part = self._job.channel.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(part, Exception):
                raise part
            return part
        raise OverTimeBudget("The work was stopped before its end.", hint="Send a shorter text.")
