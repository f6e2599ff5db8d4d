"""Synthesize the utterances of many concurrent requests on a pool of worker threads.

request threads                       worker threads, one for each processor core
speak: tokens ─► DeadlineQueue ─► take a batch ─► acoustic model ─► vocoder, chunk by chunk ─► UtteranceStream
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from app.inference import Backend
from app.memory import Lru
from app.synthesis.cache import CachedSentence, SentenceKey, make_key, make_sentence_cache
from app.synthesis.interpolation import EmotionWeights, interpolate
from app.synthesis.loader import Loader, Speaker
from app.synthesis.models.acoustic import LoadedCheckpoint, Mel
from app.synthesis.models.vocoders import vocode
from app.synthesis.runs import compute_job_mels
from app.synthesis.scheduler import DeadlineQueue, Job, StreamEnd, StreamStart, UtteranceStream
from app.synthesis.tokenizer import Tokens
from app.synthesis.warmup import warm_up
from app.synthesis.warnings import (
    warn_model_faults,
    warn_not_finite,
    warn_nothing_spoken,
    warn_unknown_characters,
)
from app.synthesis.word_timing import time_words
from app.text.phonetic import count_model_chars
from app.types import Samples, Utterance
from app.voices import Voice


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


MAX_UTTERANCES_AHEAD = 4
"""Maximum utterances of a request synthesized ahead of its reader, which bounds the memory that a request needs."""
RESTART_SECONDS = 0.1
"""Pause before a failed worker restarts: repeated failures must not take the processor from the other workers."""
FINAL_MARKS = (".", "!", "?", "…", ",", ";", ":", "—", "–", "-")
CLOSERS = "\"'”’»)]} "

logger = logging.getLogger("intone.engine")


def never_cancelled() -> bool:
    """Return False: the default of `cancelled`, which never cancels."""
    return False


@dataclass(slots=True, eq=False)
class VocodingTask:
    """A job with its mel spectrogram, while it is vocoded."""

    job: Job
    mel: Mel
    chunks: Iterator[Samples]
    samples: list[Samples] = field(default_factory=list)
    """Samples made so far, if they will be cached."""
    vocoder_ms: float = 0.0


class Engine:
    """Synthesizer for the utterances of all requests; loads the models of a voice on first use. Thread-safe."""

    def __init__(self, backend: Backend, *, workers: int, batch_size: int, cache_bytes: int) -> None:
        self.backend = backend
        self.batch_size = batch_size
        self.cache: Lru[SentenceKey, CachedSentence] = make_sentence_cache(cache_bytes)
        self.waiting = DeadlineQueue()
        self.progress = Progress()
        self.loading = threading.Lock()
        self.loaders: dict[Path, Loader] = {}
        self.threads = [
            threading.Thread(target=self.work, name=f"speaking-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self.threads:
            thread.start()
        # A thread that still computes while the interpreter shuts down would abort the process.
        atexit.register(self.close)

    def close(self) -> None:
        """Abandon the queued jobs, finish the running batches, and stop the workers."""
        self.waiting.close()
        for thread in self.threads:
            thread.join()
        atexit.unregister(self.close)

    def warm_up(self, voice: Voice) -> None:
        """Load a voice and run its networks at the usual lengths, because a backend prepares itself for each."""
        speakers = [self.load_speaker(voice, {emotion: 1.0}) for emotion in voice.manifest.emotions]
        warm_up(speakers, len(self.threads))
        batch_invariant = all(one.checkpoint.model.batch_invariant for one in speakers)
        logger.info("requests with a seed are %s", "batched like others" if batch_invariant else "spoken one by one")

    def load_speaker(self, voice: Voice, shares: EmotionWeights) -> Speaker:
        """Return the models for a mixture of a voice's emotions; weights are loaded once."""
        with self.loading:
            loader = self.loaders.setdefault(voice.folder, Loader(voice, self.backend))
        return loader.load_speaker(shares)

    def speak(
        self,
        utterances: Iterable[tuple[Voice, Utterance, int]],
        *,
        seeded: bool,
        key_name: str | None = None,
        cancelled: Callable[[], bool] = never_cancelled,
    ) -> Generator[UtteranceStream]:
        """Yield a stream for each utterance of one request, in order; a few are synthesized ahead of the reader.

        `utterances` gives each utterance with its voice and seed. With `seeded` the caller chose the seeds, and the
        same arguments must give the same bytes; otherwise utterances may share a batch, or come from the cache whatever
        their seed. Closing the iterator stops the work within a chunk. `key_name` is `SpeechRequest.key_name`.
        """
        ahead: deque[UtteranceStream] = deque()
        deadline = time.monotonic()
        source = enumerate(utterances)
        try:
            while True:
                with suppress(StopIteration):
                    while len(ahead) < MAX_UTTERANCES_AHEAD:
                        number, (voice, utterance, seed) = next(source)
                        # A reader that paused or had to wait needs the audio later: lateness gives no lasting priority.
                        deadline = max(deadline, time.monotonic())
                        job = self.submit(
                            voice, utterance, seed, seeded, key_name, low_latency=number == 0, deadline=deadline
                        )
                        ahead.append(UtteranceStream(job, cancelled))
                        deadline += voice.estimate_seconds(count_model_chars(utterance.spoken), job.speed)
                if not ahead:
                    return
                yield ahead[0]
                ahead.popleft()
        finally:
            for stream in ahead:
                stream.cancel()

    def submit(
        self,
        voice: Voice,
        utterance: Utterance,
        seed: int,
        seeded: bool,
        key_name: str | None,
        *,
        low_latency: bool,
        deadline: float,
    ) -> Job:
        """Queue an utterance, or complete its job at once if it is cached or has nothing to pronounce."""
        blend = utterance.blend or {utterance.emotion: 1.0}
        shares = interpolate(blend, utterance.degree) if voice.manifest.degree else blend
        speaker = self.load_speaker(voice, shares)
        key, sentence = None, None
        if self.cache.capacity and utterance.spoken:
            key = make_key(voice, utterance, shares, seed if seeded else None, low_latency, self.backend.name, key_name)
            sentence = self.cache.get(key)
        tokens = sentence.tokens if sentence else tokenize(utterance.spoken, speaker.checkpoint)
        unbatchable = seeded and not speaker.checkpoint.model.batch_invariant
        job = Job(
            voice,
            utterance,
            speaker,
            tokens,
            seed,
            unbatchable=unbatchable,
            low_latency=low_latency,
            deadline=deadline,
            key=key,
        )
        if sentence is not None:
            job.answer(make_stream_start(job, sentence), sentence)
        elif utterance.spoken and any(symbol.isalpha() for symbol in tokens.symbols):
            self.waiting.put(job)
        else:
            job.answer(StreamStart(compute_linear_gain(speaker), warnings=warn_nothing_spoken(utterance)))
        return job

    def work(self) -> None:
        """Synthesize batches until the engine is closed; log a failure outside a batch and restart."""
        while not self.waiting.closed:
            try:
                while jobs := self.waiting.take(self.batch_size):
                    self.speak_batch(jobs)
            except BaseException:
                logger.exception("a worker failed and begins again")
                self.progress.count_restart()
                time.sleep(RESTART_SECONDS)

    def speak_batch(self, jobs: list[Job]) -> None:
        """Synthesize a batch of utterances; on failure, send the error to the readers of all of them."""
        self.progress.count_batch(len(jobs))
        try:
            self.vocode_batch([task for task in self.start(jobs) if task is not None], jobs)
        except BaseException as error:
            for job in jobs:
                job.channel.put(error if isinstance(error, Exception) else RuntimeError("The worker was stopped."))
            if not isinstance(error, Exception):
                raise
        self.progress.record_step()

    @property
    def live_workers(self) -> int:
        """Number of worker threads that are alive."""
        return sum(thread.is_alive() for thread in self.threads)

    def measure_stall(self, now: float) -> float:
        """Return the seconds for which jobs have waited without any progress; `now` is from `time.perf_counter`."""
        oldest = self.waiting.oldest
        return 0.0 if oldest is None else max(0.0, now - max(oldest, self.progress.last))

    def start(self, jobs: list[Job]) -> list[VocodingTask | None]:
        """Run the acoustic model on a batch; None for a job that ends there."""
        began = time.perf_counter()
        mels = compute_job_mels(jobs)
        acoustic_ms = 1000 * (time.perf_counter() - began) / len(jobs)
        return [
            self.start_vocoding(job, mel, acoustic_ms, 1000 * (began - job.submitted_at))
            for job, mel in zip(jobs, mels, strict=True)
        ]

    def start_vocoding(self, job: Job, mel: Mel, acoustic_ms: float, queue_ms: float) -> VocodingTask | None:
        """Send the stream start to the reader and set up vocoding; None if the mel spectrogram is not finite."""
        if not bool(mel.frames.isfinite().all()):
            job.channel.put(StreamStart(compute_linear_gain(job.speaker), queue_ms=queue_ms, acoustic_ms=acoustic_ms))
            job.channel.put(StreamEnd((warn_not_finite(job.utterance),)))
            return None
        job.channel.put(replace(make_stream_start(job, mel), queue_ms=queue_ms, acoustic_ms=acoustic_ms))
        chunks = vocode(job.speaker.vocoder, mel.frames, job.seed, job.low_latency, job.expression)
        return VocodingTask(job, mel, chunks)

    def vocode_batch(self, batch: list[VocodingTask], jobs: list[Job]) -> None:
        """Vocode a batch one chunk of each utterance in turn, so that every reader gets its first audio early.

        New requests do not wait for the end of the batch: their first utterances join it and `jobs`, up to
        `batch_size` of them.
        """
        pending, joined = deque(batch), 0
        while pending:
            task = pending.popleft()
            try:
                if self.vocode_chunk(task):
                    pending.append(task)
            except Exception as error:
                task.job.channel.put(error)
            if pending and joined < self.batch_size and (first := self.waiting.take_first()):
                joined += 1
                jobs += first
                pending.extendleft(self.start_first(first))

    def start_first(self, jobs: list[Job]) -> list[VocodingTask]:
        """Run the acoustic model on a first utterance; its errors do not affect the batch that it joins."""
        self.progress.count_batch(len(jobs))
        try:
            return [task for task in self.start(jobs) if task is not None]
        except Exception as error:
            for job in jobs:
                job.channel.put(error)
            return []

    def vocode_chunk(self, task: VocodingTask) -> bool:
        """Vocode the next chunk of one utterance; return False at its end."""
        job, began = task.job, time.perf_counter()
        chunk = None if job.cancelled else next(task.chunks, None)
        task.vocoder_ms += 1000 * (time.perf_counter() - began)
        self.progress.record_step()
        if chunk is not None and np.isfinite(chunk).all():
            if job.key is not None:
                task.samples.append(chunk)
            job.channel.put(chunk)
            return True
        warnings = () if chunk is None else (warn_not_finite(job.utterance),)
        if not warnings and not job.cancelled:
            self.store(task)
        job.channel.put(StreamEnd(warnings, task.vocoder_ms))
        return False

    def store(self, task: VocodingTask) -> None:
        """Cache a completely synthesized utterance."""
        if task.job.key is None:
            return
        samples = np.concatenate(task.samples)
        samples.flags.writeable = False
        mel = task.mel
        sentence = CachedSentence(samples, task.job.tokens, mel.durations, mel.runaway, mel.truncated)
        self.cache.put(task.job.key, sentence)


def make_stream_start(job: Job, spoken: Mel | CachedSentence) -> StreamStart:
    """Build the stream start of an utterance: gain, word timings and warnings."""
    warnings = (
        *warn_unknown_characters(job.utterance, job.tokens),
        *warn_model_faults(job.utterance, spoken.runaway, spoken.truncated),
    )
    frame_seconds = job.speaker.vocoder.hop_length / job.voice.sample_rate
    words = partial(time_words, job.utterance, job.tokens, spoken.durations or (), frame_seconds)
    return StreamStart(compute_linear_gain(job.speaker), words if spoken.durations else tuple, warnings)


def tokenize(spoken: str, checkpoint: LoadedCheckpoint) -> Tokens:
    """Tokenize a text for an acoustic model, with the marks at its ends with which the model sounds best."""
    tokenizer, text = checkpoint.tokenizer, add_final_mark(spoken)
    return tokenizer.encode_after_pause(text) if checkpoint.model.leading_pause else tokenizer.encode(text)


def compute_linear_gain(speaker: Speaker) -> float:
    """Return the linear gain of a speaker, which is fixed for the checkpoint."""
    return float(10 ** (speaker.gain_db / 20))


def add_final_mark(spoken: str) -> str:
    """Add a final mark to a text without one, on which an acoustic model would babble."""
    return spoken if spoken.rstrip(CLOSERS).endswith(FINAL_MARKS) else spoken.rstrip() + "."
