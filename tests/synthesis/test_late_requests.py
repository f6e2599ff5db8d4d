"""Requests that begin while a batch is spoken join it, and a reader that pauses gains no lasting priority."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.inference import TorchBackend
from app.packages import bundled_models_dir
from app.synthesis import Engine
from app.synthesis.engine import MAX_UTTERANCES_AHEAD, VocodingTask
from app.synthesis.scheduler import Job, StreamEnd
from app.types import Utterance
from app.voices import Voice, open_voice
from tests.speaking import make_utterance

TEXT = "The tickets cost twelve pounds, and the museum closes at half past five, which nobody had told us."


class RecordingEngine(Engine):
    """An engine without workers that records the order of its chunks and its deadlines."""

    def __init__(self) -> None:
        super().__init__(TorchBackend(), workers=0, batch_size=2, cache_bytes=0)
        self.chunks: list[Job] = []
        self.deadlines: list[float] = []
        self.failing: Job | None = None

    def vocode_chunk(self, task: VocodingTask) -> bool:
        self.chunks.append(task.job)
        if task.job is self.failing:
            raise ZeroDivisionError
        return super().vocode_chunk(task)

    def submit(
        self,
        voice: Voice,
        one: Utterance,
        seed: int,
        seeded: bool,
        key_name: str | None,
        *,
        low_latency: bool,
        deadline: float,
    ) -> Job:
        self.deadlines.append(deadline)
        return super().submit(voice, one, seed, seeded, key_name, low_latency=low_latency, deadline=deadline)

    def submit_text(self, voice: Voice, text: str, low_latency: bool) -> Job:
        return self.submit(
            voice, make_utterance(text), 1, False, None, low_latency=low_latency, deadline=1e12 if low_latency else 0.0
        )


@pytest.fixture(scope="module")
def voice() -> Voice:
    return open_voice(bundled_models_dir() / "voices" / "wren")


@pytest.fixture
def engine() -> Iterator[RecordingEngine]:
    engine = RecordingEngine()
    yield engine
    engine.close()


def drain_channel(job: Job) -> list[object]:
    found = []
    while not job.channel.empty():
        found.append(job.channel.get())
    return found


def speak_batch(engine: Engine) -> None:
    jobs = engine.waiting.take(2)
    engine.vocode_batch([one for one in engine.start(jobs) if one is not None], jobs)


def test_new_requests_join_after_one_chunk_of_the_batch_and_a_batch_admits_few(
    engine: RecordingEngine, voice: Voice
) -> None:
    late = [engine.submit_text(voice, TEXT, low_latency=False) for _ in range(2)]
    jobs = engine.waiting.take(2)
    batch = [one for one in engine.start(jobs) if one is not None]
    newcomers = [engine.submit_text(voice, f"Number {number}.", low_latency=True) for number in range(5)]
    engine.vocode_batch(batch, jobs)
    assert engine.chunks[:3] == [late[0], newcomers[0], newcomers[1]]
    assert all(isinstance(drain_channel(one)[-1], StreamEnd) for one in (*late, *newcomers[:2]))
    assert len(engine.waiting) == 3 and engine.progress.batches == {1: 2}


def test_an_error_of_one_utterance_does_not_affect_the_others(engine: RecordingEngine, voice: Voice) -> None:
    first, second = (engine.submit_text(voice, TEXT, low_latency=False) for _ in range(2))
    engine.failing = first
    speak_batch(engine)
    assert isinstance(drain_channel(first)[-1], ZeroDivisionError)
    assert isinstance(drain_channel(second)[-1], StreamEnd)


def test_a_reader_that_paused_gains_no_lasting_priority(engine: RecordingEngine, voice: Voice) -> None:
    silent = ((voice, make_utterance(""), 1) for _ in range(MAX_UTTERANCES_AHEAD + 2))
    streams = engine.speak(silent, seeded=False)
    next(streams)
    resumed = time.monotonic()
    next(streams)
    assert engine.deadlines[MAX_UTTERANCES_AHEAD] >= resumed > engine.deadlines[0]
    streams.close()
