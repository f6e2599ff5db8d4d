"""Synthesize the utterances of many concurrent requests on a pool of worker threads.

request threads             worker threads, one for each processor core
compute: rows ──►           ─► label ───────────────────────────────────► request thread
speak: tokens ──► TaskQueue ─► acoustic model, a batch ─► TaskQueue
                            ─► vocoder, one chunk ─► UtteranceStream ─► TaskQueue until the last chunk
"""

from __future__ import annotations

import atexit
import gc
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar
from weakref import WeakValueDictionary

import numpy as np

from app.audio.writers import play_faster
from app.errors import Busy
from app.inference import Backend
from app.memory import Lru, trim_heap
from app.synthesis.cache import CachedSentence, SentenceKey, make_key, make_sentence_cache
from app.synthesis.interpolation import EmotionWeights, interpolate
from app.synthesis.job import (
    Computation,
    Job,
    StreamEnd,
    StreamStart,
    Task,
    UtteranceJob,
    UtteranceStream,
    VocodingTask,
    run_computations,
)
from app.synthesis.loader import Loader, Speaker
from app.synthesis.models.acoustic import LoadedCheckpoint, Mel
from app.synthesis.models.vocoders import vocode
from app.synthesis.playback import Playback
from app.synthesis.runs import compute_job_mels
from app.synthesis.scheduler import POLL_SECONDS, Progress, TaskQueue
from app.synthesis.stream_start import compute_linear_gain, make_stream_start, warn_not_finite, warn_nothing_spoken
from app.synthesis.tokenizer import Tokens, add_final_mark
from app.synthesis.warmup import list_lengths, warm_up
from app.text.phonetic import count_model_chars
from app.types import Utterance
from app.voices import Registry, Voice

MAX_UTTERANCES_AHEAD = 4
"""Maximum utterances of a request synthesized ahead of its reader, which bounds the memory that a request needs."""
MAX_BEFORE_AUDIO = 3
"""The same before the first audio, which waits for their labels: another worker computes them while the first utterance
is synthesized. The headers of a response describe these utterances."""
IDLE_SECONDS = 900.0
"""Seconds after which the models of an unused voice other than the default are released."""
RESTART_SECONDS = 0.1
"""Pause before a failed worker restarts: repeated failures must not take the processor from the other workers."""
WORKER_HINT = "Try again after the seconds in Retry-After; another worker takes its place."

logger = logging.getLogger("intone.engine")

R = TypeVar("R")
S = TypeVar("S")


def never_cancelled() -> bool:
    """Return False: the default of `cancelled`, which never cancels."""
    return False


class Engine:
    """Synthesizer for the utterances of all requests; loads the models of a voice on first use. Thread-safe."""

    def __init__(self, backend: Backend, *, workers: int, batch_size: int = 1, cache_bytes: int = 0) -> None:
        self.backend = backend
        self.batch_size = batch_size
        self.cache: Lru[SentenceKey, CachedSentence] = make_sentence_cache(cache_bytes)
        self.waiting = TaskQueue(workers)
        self.progress = Progress()
        self.loading = threading.Lock()
        self.loaders: WeakValueDictionary[int, Loader] = WeakValueDictionary()
        """Loaders in use, by the id of their voice, which they keep alive."""
        self.kept: dict[int, tuple[Loader, float]] = {}
        """Loaders of available voices, with the time of `time.monotonic` at which each was last used."""
        self.threads = [
            threading.Thread(target=self.work, name=f"speaking-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self.threads:
            thread.start()
        self.preparing: threading.Thread | None = None
        """Runs networks at lengths that no request has had yet."""
        # A thread that still computes while the interpreter shuts down would abort the process.
        atexit.register(self.close)

    def close(self) -> None:
        """Abandon the queued jobs, finish the running batches, and stop the workers."""
        self.waiting.close()
        if self.preparing is not None:
            self.preparing.join()
        for thread in self.threads:
            thread.join()
        atexit.unregister(self.close)

    def warm_up(self, voice: Voice) -> None:
        """Load a voice and run each of its networks once per worker."""
        loader = self.get_loader(voice)
        speakers = loader.load_networks()
        warm_up(speakers, loader.mixtures, len(self.threads))
        batch_invariant = all(one.checkpoint.model.batch_invariant for one in speakers)
        logger.info("requests with a seed are %s", "batched like others" if batch_invariant else "spoken one by one")

    def start_preparing(self, voice: Voice) -> None:
        """Have a thread run the networks of a voice at the usual lengths: a backend prepares itself for each."""
        self.preparing = threading.Thread(target=self.prepare, args=(voice,), name="preparing", daemon=True)
        self.preparing.start()

    def prepare(self, voice: Voice) -> None:
        """Run networks at the usual lengths, each when no task waits, until the engine is closed."""
        for run in list_lengths(self.get_loader(voice).load_networks()):
            while self.waiting.oldest is not None:
                time.sleep(POLL_SECONDS)
            if self.waiting.closed:
                return
            run()

    def trim(self) -> None:
        """Return memory to the system that loading alone needs."""
        self.backend.trim()
        trim_heap()

    def load_speaker(self, voice: Voice, shares: EmotionWeights) -> Speaker:
        """Return the models for a mixture of a voice's emotions; weights are loaded once."""
        return self.get_loader(voice).load_speaker(shares)

    def get_loader(self, voice: Voice) -> Loader:
        """Return the loader of a voice; the voice can be spoken as long as the caller keeps it."""
        with self.loading:
            loader = self.loaders.get(id(voice)) or Loader(voice, self.backend)
            self.loaders[id(voice)] = loader
            self.kept[id(voice)] = loader, time.monotonic()
        return loader

    def has_loaded(self, voice: Voice) -> bool:
        """Return whether the models of a voice are kept."""
        with self.loading:
            return id(voice) in self.kept

    def release_voice(self, voice: Voice) -> None:
        """Release the models of a voice; utterances that are being spoken keep theirs."""
        with self.loading:
            self.kept.pop(id(voice), None)

    def release_voices(self, registry: Registry, now: float) -> None:
        """Release pages of mapped files, and the models of voices that are not available or not used for a while.

        Requests that speak with them keep them until they end. The default voice stays, others `IDLE_SECONDS`. `now` is
        from `time.monotonic`.
        """
        available = {id(voice): voice.name == registry.default for voice in registry.voices.values()}
        with self.loading:
            before = len(self.kept)
            self.kept = {
                key: (loader, used)
                for key, (loader, used) in self.kept.items()
                if key in available and (available[key] or now - used <= IDLE_SECONDS)
            }
            released = before > len(self.kept)
        if released:
            gc.collect()  # a loader and its mixtures refer to each other
            trim_heap()
        self.backend.trim()

    def speak(
        self,
        utterances: Iterable[tuple[Voice, Utterance, int]],
        *,
        seeded: bool,
        key_name: str | None = None,
        cancelled: Callable[[], bool] = never_cancelled,
        playback: Playback | None = None,
    ) -> Generator[UtteranceStream]:
        """Yield a stream for each utterance of one request, in order; a few are synthesized ahead of the reader.

        `utterances` gives each utterance with its voice and seed. With `seeded` the caller chose the seeds, and the
        same arguments must give the same bytes; otherwise utterances may share a batch, or come from the cache whatever
        their seed. Closing the iterator stops the work within a chunk. `key_name` is `SpeechRequest.key_name`.
        `playback` is that of the request, by default a new one.
        """
        ahead: deque[UtteranceStream] = deque()
        playback = playback or Playback()
        source, most = enumerate(utterances), MAX_BEFORE_AUDIO if playback.waits else MAX_UTTERANCES_AHEAD
        try:
            while True:
                with suppress(StopIteration):
                    while len(ahead) < most:
                        if ahead and self.is_loaded(playback):
                            most = len(ahead)
                            break
                        number, (voice, utterance, seed) = next(source)
                        is_first = playback.short_start and number == 0
                        job = self.submit(
                            voice, utterance, seed, seeded, key_name, low_latency=is_first, playback=playback
                        )
                        seconds = voice.estimate_seconds(count_model_chars(utterance.spoken), job.speed)
                        playback.deadline += seconds
                        ahead.append(UtteranceStream(job, cancelled, seconds))
                if not ahead:
                    return
                yield ahead[0]
                ahead.popleft()
                # One more at a time: the reader waits for the labels of all that are queued here.
                most = min(most + 1, MAX_UTTERANCES_AHEAD)
        finally:
            for stream in ahead:
                stream.cancel()

    def is_loaded(self, playback: Playback) -> bool:
        """Return whether a request should do no more than its first audio needs, because others wait for theirs."""
        return playback.waits and self.waiting.has_first(besides=playback)

    def compute(
        self,
        compute: Callable[[Sequence[R]], Sequence[S]],
        batches: Sequence[Sequence[R]],
        shapes: Sequence[Hashable],
        playback: Playback,
        cancelled: Callable[[], bool] = never_cancelled,
    ) -> list[Sequence[S]]:
        """Run a network that is not part of synthesis on the workers, in turn with their other work.

        `compute` maps rows of one shape to a result for each; it may get rows of other requests with them. Return the
        results of each batch. Raise what `compute` raises, or `OverTimeBudget` once the request is cancelled.
        """
        # The caller may be the reader's thread, which hands over no audio until it has the result.
        deadline = playback.begun if playback.waits else playback.runs_out
        tasks = [
            Computation(rows, compute, shape, playback, is_first=playback.waits, deadline=deadline)
            for rows, shape in zip(batches, shapes, strict=True)
        ]
        for task in tasks:
            self.waiting.put(task)
        try:
            return [task.wait_for_result(cancelled) for task in tasks]
        finally:
            for task in tasks:
                task.cancelled = True

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
    ) -> UtteranceJob:
        """Queue an utterance, or complete its job at once if it is cached or has nothing to pronounce."""
        seeded = seeded or utterance.seed is not None
        blend = utterance.blend or {utterance.emotion: 1.0}
        shares = interpolate(blend, utterance.degree) if voice.degree else blend
        speaker = self.load_speaker(voice, shares)
        key, sentence = None, None
        if self.cache.capacity and utterance.spoken:
            key = make_key(voice, utterance, shares, seed if seeded else None, low_latency, self.backend.name, key_name)
            sentence = self.cache.get(key)
        tokens = sentence.tokens if sentence else tokenize(utterance.spoken, speaker.checkpoint)
        unbatchable = seeded and not speaker.checkpoint.model.batch_invariant
        due = playback.make_due()
        job = Job(
            voice,
            utterance,
            speaker,
            tokens,
            seed,
            unbatchable=unbatchable,
            low_latency=low_latency,
            deadline=playback.begun if low_latency and playback.streamed else due,
            key=key,
            playback=playback,
        )
        if sentence is not None:
            job.answer(make_stream_start(job, sentence), sentence)
        elif utterance.spoken and any(symbol.isalpha() for symbol in tokens.symbols):
            self.waiting.put(job)
        else:
            job.answer(StreamStart(compute_linear_gain(speaker), warnings=warn_nothing_spoken(utterance)))
        return job

    def work(self) -> None:
        """Do tasks until the engine is closed; log a failure outside a task and restart."""
        while not self.waiting.closed:
            try:
                while tasks := self.waiting.take(self.batch_size):
                    self.run_tasks(tasks)
            except BaseException:
                logger.exception("a worker failed and begins again")
                self.progress.count_restart()
                time.sleep(RESTART_SECONDS)

    def run_tasks(self, tasks: Sequence[Task]) -> None:
        """Do one step of work: a batch, or one chunk of an utterance; on failure, send the error to all readers."""
        began = time.perf_counter()
        try:
            if isinstance(tasks[0], VocodingTask):
                self.vocode_chunk(tasks[0])
            elif isinstance(tasks[0], Computation):
                run_computations([task for task in tasks if isinstance(task, Computation)])
            else:
                self.start([task for task in tasks if isinstance(task, Job)])
        except BaseException as error:
            for task in tasks:
                task.fail(
                    error
                    if isinstance(error, Exception)
                    else Busy("The worker of this request was stopped.", hint=WORKER_HINT)
                )
            if not isinstance(error, Exception):
                raise
        self.waiting.record_seconds(time.perf_counter() - began)
        self.progress.record_step()

    @property
    def live_workers(self) -> int:
        """Number of worker threads that are alive."""
        return sum(thread.is_alive() for thread in self.threads)

    def measure_stall(self, now: float) -> float:
        """Return the seconds for which jobs have waited without any progress; `now` is from `time.perf_counter`."""
        oldest = self.waiting.oldest
        return 0.0 if oldest is None else max(0.0, now - max(oldest, self.progress.last))

    def start(self, jobs: list[Job]) -> None:
        """Run the acoustic model on a batch, and queue its utterances for the vocoder."""
        self.progress.count_batch(len(jobs))
        began = time.perf_counter()
        mels = compute_job_mels(jobs)
        acoustic_ms = 1000 * (time.perf_counter() - began) / len(jobs)
        for job, mel in zip(jobs, mels, strict=True):
            self.start_vocoding(job, mel, acoustic_ms, 1000 * (began - job.submitted_at))

    def start_vocoding(self, job: Job, mel: Mel, acoustic_ms: float, queue_ms: float) -> None:
        """Send the stream start to the reader and queue vocoding, unless the mel spectrogram is not finite."""
        if not np.isfinite(mel.frames).all():
            job.channel.put(StreamStart(compute_linear_gain(job.speaker), queue_ms=queue_ms, acoustic_ms=acoustic_ms))
            job.channel.put(StreamEnd((warn_not_finite(job.utterance),)))
            return
        job.channel.put(replace(make_stream_start(job, mel), queue_ms=queue_ms, acoustic_ms=acoustic_ms))
        chunks = vocode(job.speaker.vocoder, mel.frames, job.seed, job.low_latency, job.expression)
        self.waiting.put(VocodingTask(job, mel, play_faster(chunks, job.pitch_ratio, job.voice.sample_rate)))

    def vocode_chunk(self, task: VocodingTask) -> None:
        """Vocode the next chunk of one utterance, and queue the rest of it; at its end, send the stream end."""
        job, began = task.job, time.perf_counter()
        chunk = None if job.cancelled else next(task.chunks, None)
        task.vocoder_ms += 1000 * (time.perf_counter() - began)
        if chunk is not None and np.isfinite(chunk).all():
            if job.key is not None:
                task.samples.append(chunk)
            task.send(chunk)
            self.waiting.put(task)
            return
        warnings = () if chunk is None else (warn_not_finite(job.utterance),)
        if not warnings and not job.cancelled:
            self.store(task)
        job.channel.put(StreamEnd(warnings, task.vocoder_ms))

    def store(self, task: VocodingTask) -> None:
        """Cache a completely synthesized utterance."""
        if task.job.key is None:
            return
        samples = np.concatenate(task.samples)
        samples.flags.writeable = False
        mel = task.mel
        sentence = CachedSentence(samples, task.job.tokens, mel.durations, mel.runaway, mel.truncated)
        self.cache.put(task.job.key, sentence)


def tokenize(spoken: str, checkpoint: LoadedCheckpoint) -> Tokens:
    """Tokenize a text for an acoustic model, with the marks at its ends with which the model sounds best."""
    tokenizer, text = checkpoint.tokenizer, add_final_mark(spoken)
    return tokenizer.encode_after_pause(text) if checkpoint.model.leading_pause else tokenizer.encode(text)
