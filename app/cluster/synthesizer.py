"""Process that speaks utterances for others."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from app.cluster.engine import UtteranceCall, has_end
from app.errors import NotReady
from app.settings import Settings
from app.synthesis.job import StreamEnd, StreamPart, UtteranceJob
from app.synthesis.pipeline import make_engine, prepare_process
from app.text.phonetic import count_model_chars
from app.voices import Registry, Voice

MAX_CALLS = 64
"""Maximum utterances that one process takes at a time: it orders them by when their audio is needed. Further ones go to
another process, even if that has to load their voice."""
MAX_STALL_SECONDS = 60
"""Seconds without progress after which the process must be replaced."""


class Synthesizer:
    """The models of some voices, and the utterances that are being spoken; `speak` runs in one event loop."""

    def __init__(self, settings: Settings) -> None:
        """Load the default voice and run its networks, so that the first utterance does not wait for that."""
        prepare_process(settings)
        self.registry = Registry(settings.voices, settings.default_voice, settings.voice_aliases)
        voice = self.registry.get()
        self.engine = make_engine(settings, voice)
        self.engine.warm_up(voice)
        self.engine.trim()
        self.engine.start_preparing(voice)
        self._queued: dict[UtteranceJob, float] = {}
        """Estimated seconds of speech that each utterance still needs."""
        # A thread for each utterance, which does nothing but wait for its samples.
        self._readers = ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="reading")

    @property
    def queued_seconds(self) -> float:
        """Seconds of speech that are waited for."""
        return sum(self._queued.values())

    def load(self, name: str) -> Voice:
        """Load the models of a voice, unless they are loaded, without running them at the usual lengths.

        That would take several seconds of all workers each time, and with many voices leave too few for speech.
        """
        voice = self.registry.get(name)
        if not self.engine.has_loaded(voice):
            for emotion in voice.manifest.emotions:
                self.engine.load_speaker(voice, {emotion: 1.0})
        return voice

    def check_health(self) -> None:
        """Raise `NotReady` if no worker lives or progresses."""
        stalled = self.engine.measure_stall(time.perf_counter())
        if not self.engine.live_workers or stalled > MAX_STALL_SECONDS:
            raise NotReady("No worker makes progress.", hint="Restart the process.")

    async def speak(self, call: UtteranceCall) -> AsyncGenerator[list[StreamPart]]:
        """Yield the parts of an utterance as they become ready; closing the generator stops the work within a chunk."""
        loop = asyncio.get_running_loop()
        job = await loop.run_in_executor(self._readers, self.submit, call)
        self._queued[job] = job.voice.estimate_seconds(count_model_chars(call.utterance.spoken), job.speed)
        try:
            while True:
                parts = await loop.run_in_executor(self._readers, take_parts, job)
                samples = sum(len(part) for part in parts if isinstance(part, np.ndarray))
                self._queued[job] = max(0.0, self._queued[job] - samples / job.voice.sample_rate)
                yield parts
                if has_end(parts):
                    return
        finally:
            del self._queued[job]
            job.cancelled = True
            # A reader may still wait, for samples that no worker will make.
            job.channel.put(StreamEnd())

    def submit(self, call: UtteranceCall) -> UtteranceJob:
        """Queue an utterance."""
        return self.engine.submit(
            self.registry.get(call.utterance.voice),
            call.utterance,
            call.seed,
            call.seeded,
            call.key_name,
            low_latency=call.low_latency,
            playback=call.make_playback(),
        )


def take_parts(job: UtteranceJob) -> list[StreamPart]:
    """Wait for a part of an utterance; return it with those that are ready as well."""
    parts = [job.channel.get()]
    while not has_end(parts):
        try:
            parts.append(job.channel.get_nowait())
        except queue.Empty:
            break
    return parts
