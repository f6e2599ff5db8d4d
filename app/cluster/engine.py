"""Engine whose utterances other processes speak, and what it sends them.

Speech is deterministic: text, voice and seed give the same samples in every process with the same backend. So if a
process is lost, another one speaks the utterance again, and the samples that the reader already has are left out.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from app.errors import NotReady
from app.inference import Backend
from app.synthesis import Engine, Playback, StreamStart
from app.synthesis.job import StreamEnd, StreamPart
from app.types import Utterance
from app.voices import Voice


@dataclass(frozen=True, slots=True)
class UtteranceCall:
    """An utterance to speak, with all that its samples and its urgency depend on.

    Times are relative to now, since machines do not share a monotonic clock; the time that the message takes is lost.
    """

    utterance: Utterance
    seed: int
    seeded: bool
    """Whether the same call must give the same bytes."""
    key_name: str | None
    """Name of the caller's API key, which separates cache entries."""
    low_latency: bool
    """Whether it is the first utterance of its request."""
    streamed: bool
    waits: bool
    age: float
    """Seconds since the request began."""
    due: float
    """Seconds until its audio is needed."""

    def make_playback(self) -> Playback:
        """Return the playback of the request in this process's time."""
        now = time.monotonic()
        playback = Playback(self.streamed, begun=now - self.age)
        playback.waits = self.waits
        playback.deadline = now + self.due
        return playback


def make_call(
    utterance: Utterance, seed: int, seeded: bool, key_name: str | None, low_latency: bool, playback: Playback
) -> UtteranceCall:
    """Describe an utterance, which is due when the audio before it has been played."""
    due, now = playback.make_due(), time.monotonic()
    return UtteranceCall(
        utterance,
        seed,
        seeded,
        key_name,
        low_latency,
        playback.streamed,
        playback.waits,
        age=now - playback.begun,
        due=due - now,
    )


MAX_ATTEMPTS = 5
"""Attempts at an utterance. Each failure is a process lost, so more would hide an utterance that kills its process."""
RETRY_SECONDS = 0.2
"""Pause before a further attempt, in which the loss becomes known."""

logger = logging.getLogger("intone.cluster")

Send: TypeAlias = Callable[[UtteranceCall], AsyncGenerator[Sequence[StreamPart]]]
"""Function that has another process speak an utterance, and yields what becomes ready."""


class SynthesizerLost(Exception):
    """The process that spoke an utterance has ended, or can no longer be reached."""


class RemoteJob:
    """An utterance that another process speaks. One reader empties its channel."""

    def __init__(self, voice: Voice, utterance: Utterance, playback: Playback) -> None:
        self.voice = voice
        self.utterance = utterance
        self.playback = playback
        self.channel: queue.SimpleQueue[StreamPart] = queue.SimpleQueue()
        self.running: Future[None] | None = None
        self.has_started = False
        self.delivered = 0
        """Number of samples in the channel so far."""

    @property
    def speed(self) -> float:
        """Speaking rate of the text; that of the emotion is unknown here."""
        return self.utterance.speed

    @property
    def cancelled(self) -> bool:
        """Whether nobody needs the audio."""
        return self.running is not None and self.running.cancelled()

    @cancelled.setter
    def cancelled(self, value: bool) -> None:
        if value and self.running is not None:
            self.running.cancel()


class RemoteEngine(Engine):
    """Engine that computes labels itself and has `send` speak utterances. Thread-safe."""

    def __init__(self, backend: Backend, send: Send, *, workers: int) -> None:
        super().__init__(backend, workers=workers)
        self.send = send
        self.repeated = 0
        """Number of utterances that were sent again because a process was lost."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="remote-speech", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the workers and the thread that receives audio."""
        super().close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def submit(
        self,
        voice: Voice,
        utterance: Utterance,
        seed: int,
        seeded: bool,
        key_name: str | None,
        *,
        low_latency: bool,
        playback: Playback,
    ) -> RemoteJob:
        """Send an utterance; its channel receives what another process makes of it, or an error."""
        job = RemoteJob(voice, utterance, playback)
        call = make_call(utterance, seed, seeded, key_name, low_latency, playback)
        job.running = asyncio.run_coroutine_threadsafe(self._run(job, call), self._loop)
        return job

    async def _run(self, job: RemoteJob, call: UtteranceCall) -> None:
        """Send an utterance until a process has spoken it, or `MAX_ATTEMPTS` processes were lost."""
        try:
            for _ in range(MAX_ATTEMPTS):
                try:
                    await self._receive(job, call)
                    return
                except SynthesizerLost as error:
                    logger.warning("an utterance is sent again: %s", error)
                    self.repeated += 1
                    await asyncio.sleep(RETRY_SECONDS)
                    # The rest must fit the samples that were delivered, so it may not come from a cache of renditions.
                    call = replace(call, seeded=call.seeded or job.delivered > 0)
            raise NotReady(f"{MAX_ATTEMPTS} processes were lost while they spoke.", hint="Try again.")
        except Exception as error:
            job.channel.put(error)

    async def _receive(self, job: RemoteJob, call: UtteranceCall) -> None:
        """Pass on what a process sends, without what the reader has; raise `SynthesizerLost` if the end is missing."""
        received = 0
        async with aclosing(self.send(call)) as messages:
            async for parts in messages:
                for part in parts:
                    if isinstance(part, np.ndarray):
                        fresh = part[max(0, job.delivered - received) :]
                        received += len(part)
                        job.delivered = max(job.delivered, received)
                        if len(fresh):
                            job.channel.put(fresh)
                    elif isinstance(part, StreamStart):
                        if not job.has_started:
                            job.channel.put(part)
                        job.has_started = True
                    else:
                        job.channel.put(part)
                        return
        raise SynthesizerLost("The audio ended before its end.")


def has_end(parts: Sequence[StreamPart]) -> bool:
    """Return whether these parts of an utterance include its last."""
    return isinstance(parts[-1], StreamEnd | Exception)
