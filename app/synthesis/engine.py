"""The face of this folder: utterances in, their samples out, of many requests at a time.

request threads                       workers, one for each processor core
speak: tokens ─► Waiting ─► take a batch ─► acoustic model ─► vocoder, chunk by chunk ─► Speaking (the reader's end)
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
from app.synthesis.cache import Sentence, SentenceKey, key_of, sentence_cache
from app.synthesis.interpolation import EmotionWeights, interpolate
from app.synthesis.loader import Loader, Speaker
from app.synthesis.models.acoustic import LoadedCheckpoint, Mel
from app.synthesis.models.vocoders import vocode
from app.synthesis.runs import read
from app.synthesis.scheduler import DeadlineQueue, Job, StreamEnd, StreamStart, UtteranceStream
from app.synthesis.tokenizer import Tokens
from app.synthesis.warmup import warm_up
from app.synthesis.warnings import foreign_script, model_faults, not_finite, nothing_spoken, unknown_characters
from app.synthesis.word_timing import time_words
from app.text.phonetic import spoken_length
from app.types import Samples, Utterance
from app.voices import Voice


class Progress:
    """Safe between threads."""

    def __init__(self) -> None:
        self.last = time.perf_counter()
        """When a worker last finished a piece of work, by `time.perf_counter`."""
        self.restarts = 0
        """How often a worker failed outside of a batch and began again."""
        self._batches: Counter[int] = Counter()
        self._lock = threading.Lock()

    def step(self) -> None:
        """A worker finished a piece: a chunk of sound, or a batch, however it ended."""
        self.last = time.perf_counter()

    def took(self, utterances: int) -> None:
        """A worker took a batch."""
        with self._lock:
            self._batches[utterances] += 1

    def restart(self) -> None:
        """Count a worker that begins again."""
        with self._lock:
            self.restarts += 1

    @property
    def batches(self) -> dict[int, int]:
        """How many there were of each size, in utterances."""
        with self._lock:
            return dict(self._batches)


AHEAD = 4
"""Utterances of one request that are spoken before its reader has taken the ones before: so much memory it may take."""
RESTART_SECONDS = 0.1
"""Pause of a worker that failed: if it fails again at once, it must not take the processor from the others."""
FINAL_MARKS = (".", "!", "?", "…", ",", ";", ":", "—", "–", "-")
CLOSERS = "\"'”’»)]} "

logger = logging.getLogger("intone.engine")


def never() -> bool:
    """The answer of a reader that stays."""
    return False


@dataclass(slots=True, eq=False)
class VocodingTask:
    """A job whose mel spectrogram is made, while it is vocoded."""

    job: Job
    mel: Mel
    chunks: Iterator[Samples]
    made: list[Samples] = field(default_factory=list)
    """Its samples until now, if they will be kept."""
    vocoder_ms: float = 0.0


class Engine:
    """Loads what a voice needs when it is first asked for, and speaks; called from many threads at a time."""

    def __init__(self, backend: Backend, *, workers: int, batch_size: int, cache_bytes: int) -> None:
        self.backend = backend
        self.batch_size = batch_size
        self.cache: Lru[SentenceKey, Sentence] = sentence_cache(cache_bytes)
        self.waiting = DeadlineQueue()
        self.progress = Progress()
        self.loading = threading.Lock()
        self.loaders: dict[Path, Loader] = {}
        self.threads = [
            threading.Thread(target=self.work, name=f"speaking-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self.threads:
            thread.start()
        # A thread that still computes while the interpreter is taken down would end the process with an abort.
        atexit.register(self.close)

    def close(self) -> None:
        """Give up what waits, finish what is being spoken, and end the workers."""
        self.waiting.close()
        for thread in self.threads:
            thread.join()
        atexit.unregister(self.close)

    def warm_up(self, voice: Voice) -> None:
        """Load all of a voice, and run its networks at the usual lengths: a backend prepares itself for each."""
        speakers = [self.speaker(voice, {emotion: 1.0}) for emotion in voice.manifest.emotions]
        warm_up(speakers, len(self.threads))
        batch_invariant = all(one.checkpoint.model.batch_invariant for one in speakers)
        logger.info("requests with a seed are %s", "batched like others" if batch_invariant else "spoken one by one")

    def speaker(self, voice: Voice, shares: EmotionWeights) -> Speaker:
        """What speaks a mixture of a voice's emotions; weights are loaded once."""
        with self.loading:
            loader = self.loaders.setdefault(voice.folder, Loader(voice, self.backend))
        return loader.speaker(shares)

    def speak(
        self,
        asked: Iterable[tuple[Voice, Utterance, int]],
        *,
        seeded: bool,
        key_name: str | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Generator[UtteranceStream]:
        """The utterances of one request, each with its voice and seed, in order; a few are made ahead of the reader.

        `seeded`: the caller chose the seeds, and the same arguments must give the same bytes; else utterances may share
        a batch, or come from the cache whatever their seed. Closing the iterator stops the work within a chunk.
        `key_name` is that of `SpeechRequest`.
        """
        ahead: deque[UtteranceStream] = deque()
        deadline = time.monotonic()
        source = enumerate(asked)
        try:
            while True:
                with suppress(StopIteration):
                    while len(ahead) < AHEAD:
                        number, (voice, utterance, seed) = next(source)
                        # A reader that paused or was kept waiting hears it later: being late is no lasting privilege.
                        deadline = max(deadline, time.monotonic())
                        job = self.submit(
                            voice, utterance, seed, seeded, key_name, low_latency=number == 0, deadline=deadline
                        )
                        ahead.append(UtteranceStream(job, cancelled))
                        deadline += voice.seconds(spoken_length(utterance.spoken), utterance.speed)
                if not ahead:
                    return
                yield ahead[0]
                ahead.popleft()
        finally:
            for speaking in ahead:
                speaking.cancel()

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
        """Put an utterance into the queue, or answer it at once: from the cache, or where there is nothing to say."""
        blend = utterance.blend or {utterance.emotion: 1.0}
        shares = interpolate(blend, utterance.degree) if voice.manifest.degree else blend
        speaker = self.speaker(voice, shares)
        key, sentence = None, None
        if self.cache.capacity and utterance.spoken:
            key = key_of(voice, utterance, shares, seed if seeded else None, low_latency, self.backend.name, key_name)
            sentence = self.cache.get(key)
        tokens = sentence.tokens if sentence else tokens_of(utterance.spoken, speaker.checkpoint)
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
            job.answer(head(job, sentence), sentence)
        elif utterance.spoken and any(symbol.isalpha() for symbol in tokens.symbols):
            self.waiting.put(job)
        else:
            job.answer(StreamStart(gain(speaker), warnings=nothing_spoken(utterance)))
        return job

    def work(self) -> None:
        """Speak batches until the engine is closed; what fails outside of them is logged, and the work begins again."""
        while not self.waiting.closed:
            try:
                while jobs := self.waiting.take(self.batch_size):
                    self.speak_batch(jobs)
            except BaseException:
                logger.exception("a worker failed and begins again")
                self.progress.restart()
                time.sleep(RESTART_SECONDS)

    def speak_batch(self, jobs: list[Job]) -> None:
        """Speak some utterances; whoever waits for one gets the error if that fails."""
        self.progress.took(len(jobs))
        try:
            self.vocode_batch([voicing for voicing in self.start(jobs) if voicing is not None], jobs)
        except BaseException as error:
            for job in jobs:
                job.channel.put(error if isinstance(error, Exception) else RuntimeError("The worker was stopped."))
            if not isinstance(error, Exception):
                raise
        self.progress.step()

    @property
    def live_workers(self) -> int:
        """Workers that can speak."""
        return sum(thread.is_alive() for thread in self.threads)

    def stalled_for(self, now: float) -> float:
        """Seconds for which somebody has waited while nothing moved; `now` by `time.perf_counter`."""
        oldest = self.waiting.oldest
        return 0.0 if oldest is None else max(0.0, now - max(oldest, self.progress.last))

    def start(self, jobs: list[Job]) -> list[VocodingTask | None]:
        """The acoustic model's part of a batch; None for a job that ends with it."""
        began = time.perf_counter()
        made = read(jobs)
        acoustic_ms = 1000 * (time.perf_counter() - began) / len(jobs)
        return [
            self.start_vocoding(job, mel, acoustic_ms, 1000 * (began - job.asked_at))
            for job, mel in zip(jobs, made, strict=True)
        ]

    def start_vocoding(self, job: Job, mel: Mel, acoustic_ms: float, queue_ms: float) -> VocodingTask | None:
        """Tell the reader what is known now, and set up the vocoder."""
        if not bool(mel.frames.isfinite().all()):
            job.channel.put(StreamStart(gain(job.speaker), queue_ms=queue_ms, acoustic_ms=acoustic_ms))
            job.channel.put(StreamEnd((not_finite(job.utterance),)))
            return None
        job.channel.put(replace(head(job, mel), queue_ms=queue_ms, acoustic_ms=acoustic_ms))
        return VocodingTask(
            job, mel, vocode(job.speaker.vocoder, mel.frames, job.seed, job.low_latency, job.utterance.pitch)
        )

    def vocode_batch(self, batch: list[VocodingTask], jobs: list[Job]) -> None:
        """Vocode a batch: one chunk of each in turn, so that all first sounds leave early.

        Requests that begin meanwhile do not wait for its end: their first utterances join it and its `jobs`, a batch of
        them at most.
        """
        pending, joined = deque(batch), 0
        while pending:
            voicing = pending.popleft()
            try:
                if self.vocode_chunk(voicing):
                    pending.append(voicing)
            except Exception as error:
                voicing.job.channel.put(error)
            if pending and joined < self.batch_size and (first := self.waiting.take_first()):
                joined += 1
                jobs += first
                pending.extendleft(self.start_first(first))

    def start_first(self, jobs: list[Job]) -> list[VocodingTask]:
        """Do the acoustic model's part of a first utterance, whose errors do not concern the batch that it joins."""
        self.progress.took(len(jobs))
        try:
            return [voicing for voicing in self.start(jobs) if voicing is not None]
        except Exception as error:
            for job in jobs:
                job.channel.put(error)
            return []

    def vocode_chunk(self, voicing: VocodingTask) -> bool:
        """Make the next chunk of one utterance; False when it was the last."""
        job, began = voicing.job, time.perf_counter()
        chunk = None if job.cancelled else next(voicing.chunks, None)
        voicing.vocoder_ms += 1000 * (time.perf_counter() - began)
        self.progress.step()
        if chunk is not None and np.isfinite(chunk).all():
            if job.key is not None:
                voicing.made.append(chunk)
            job.channel.put(chunk)
            return True
        warnings = () if chunk is None else (not_finite(job.utterance),)
        if not warnings and not job.cancelled:
            self.store(voicing)
        job.channel.put(StreamEnd(warnings, voicing.vocoder_ms))
        return False

    def store(self, voicing: VocodingTask) -> None:
        """Put a whole sentence into the cache."""
        if voicing.job.key is None:
            return
        samples = np.concatenate(voicing.made)
        samples.flags.writeable = False
        mel = voicing.mel
        sentence = Sentence(samples, voicing.job.tokens, mel.durations, mel.runaway, mel.truncated)
        self.cache.put(voicing.job.key, sentence)


def head(job: Job, spoken: Mel | Sentence) -> StreamStart:
    """What an utterance's reader is told first."""
    language = job.speaker.checkpoint.tokenizer.language
    warnings = (
        *unknown_characters(job.utterance, job.tokens),
        *foreign_script(job.utterance, language),
        *model_faults(job.utterance, spoken.runaway, spoken.truncated),
    )
    frame_seconds = job.speaker.vocoder.hop_length / job.voice.sample_rate
    words = partial(time_words, job.utterance, job.tokens, spoken.durations or (), frame_seconds)
    return StreamStart(gain(job.speaker), words if spoken.durations else tuple, warnings)


def tokens_of(spoken: str, checkpoint: LoadedCheckpoint) -> Tokens:
    """Return what the acoustic model reads of a text, with the marks at its ends that it speaks best with."""
    tokenizer, text = checkpoint.tokenizer, with_final_mark(spoken)
    return tokenizer.encode_after_pause(text) if checkpoint.model.leading_pause else tokenizer.encode(text)


def gain(speaker: Speaker) -> float:
    """Linear; fixed for the checkpoint."""
    return float(10 ** (speaker.gain_db / 20))


def with_final_mark(spoken: str) -> str:
    """A text without a final mark sends an acoustic model babbling: give it one."""
    return spoken if spoken.rstrip(CLOSERS).endswith(FINAL_MARKS) else spoken.rstrip() + "."
