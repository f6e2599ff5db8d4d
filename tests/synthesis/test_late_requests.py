"""Requests that begin while others are spoken get their turn, and a reader that pauses gains no lasting priority."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.inference.pytorch import TorchBackend
from app.packages import bundled_models_dir
from app.synthesis import Engine, Playback
from app.synthesis.engine import MAX_UTTERANCES_AHEAD
from app.synthesis.job import Job, StreamEnd, Task, VocodingTask
from app.synthesis.scheduler import TaskQueue
from app.types import Utterance
from app.voices import Voice, open_voice
from tests.speaking import make_utterance

TEXT = "The tickets cost twelve pounds, and the museum closes at half past five, which nobody had told us."


class RecordingEngine(Engine):
    """An engine without workers that records the order of its chunks and its deadlines."""

    def __init__(self) -> None:
        super().__init__(TorchBackend(), workers=0, batch_size=2, cache_bytes=0)
        # At this time nothing is urgent, however long this machine takes for a task.
        self.waiting = TaskQueue(clock=lambda: 0.0)
        self.chunks: list[Job] = []
        self.deadlines: list[float] = []
        self.failing: Job | None = None

    def vocode_chunk(self, task: VocodingTask) -> None:
        self.chunks.append(task.job)
        if task.job is self.failing:
            raise ZeroDivisionError
        super().vocode_chunk(task)

    def submit(
        self,
        voice: Voice,
        one: Utterance,
        seed: int,
        seeded: bool,
        key_name: str | None,
        *,
        low_latency: bool,
        playback: Playback,
    ) -> Job:
        job = super().submit(voice, one, seed, seeded, key_name, low_latency=low_latency, playback=playback)
        assert isinstance(job, Job)
        self.deadlines.append(job.deadline)
        return job

    def submit_text(self, voice: Voice, text: str, low_latency: bool = False, deadline: float = 1e12) -> Job:
        """Queue a text; with `low_latency`, it is the first of its request."""
        playback = Playback(begun=deadline if low_latency else 0.0)
        playback.deadline = deadline
        return self.submit(voice, make_utterance(text), 1, False, None, low_latency=low_latency, playback=playback)

    def run_one(self) -> None:
        """Do what a worker does next."""
        self.run_tasks(self.waiting.take(self.batch_size))

    def run_all(self) -> None:
        """Do all that waits."""
        while len(self.waiting):
            self.run_one()


@pytest.fixture(scope="module")
def voice() -> Voice:
    return open_voice(bundled_models_dir() / "voices" / "wren")


@pytest.fixture
def engine() -> Iterator[RecordingEngine]:
    engine = RecordingEngine()
    yield engine
    engine.close()


def drain_channel(job: Job) -> list[object]:
    found: list[object] = []
    while not job.channel.empty():
        found.append(job.channel.get())
    return found


def test_the_first_chunk_of_a_new_request_precedes_the_next_chunk_of_a_running_one(
    engine: RecordingEngine, voice: Voice
) -> None:
    running = engine.submit_text(voice, TEXT, low_latency=True, deadline=1.0)
    while not engine.chunks:
        engine.run_one()
    running.deadline = 1e12
    newcomers = [engine.submit_text(voice, f"Number {number}.", low_latency=True) for number in range(3)]
    engine.run_all()
    assert list(dict.fromkeys(engine.chunks[1:])) == [*newcomers, running]
    assert engine.chunks[1:4] == newcomers and running in engine.chunks[4:]
    assert all(isinstance(drain_channel(one)[-1], StreamEnd) for one in (running, *newcomers))


def test_later_utterances_are_batched_and_then_vocoded_one_chunk_at_a_time(
    engine: RecordingEngine, voice: Voice
) -> None:
    later = [engine.submit_text(voice, TEXT) for _ in range(2)]
    engine.run_one()
    assert engine.progress.batches == {2: 1} and len(engine.waiting) == 2
    newcomer = engine.submit_text(voice, "Hello.", low_latency=True)
    engine.run_all()
    assert engine.chunks[0] is newcomer and set(engine.chunks) == {newcomer, *later}


def test_an_error_of_one_utterance_does_not_affect_the_others(engine: RecordingEngine, voice: Voice) -> None:
    first, second = (engine.submit_text(voice, TEXT) for _ in range(2))
    engine.failing = first
    engine.run_all()
    assert isinstance(drain_channel(first)[-1], ZeroDivisionError)
    assert isinstance(drain_channel(second)[-1], StreamEnd)


def test_a_cancelled_utterance_is_not_vocoded_further(engine: RecordingEngine, voice: Voice) -> None:
    one = engine.submit_text(voice, TEXT, low_latency=True)
    engine.run_one()
    engine.run_one()
    one.cancelled = True
    engine.submit_text(voice, "Hello.")
    engine.run_all()
    assert engine.chunks.count(one) == 1


def test_a_request_does_only_what_its_first_audio_needs_while_others_wait(
    engine: RecordingEngine, voice: Voice
) -> None:
    playback, utterances = Playback(), [(voice, make_utterance("?"), 1)] * 20
    engine.submit_text(voice, "Hello.", low_latency=True)
    streams = engine.speak(utterances, seeded=False, playback=playback)
    next(streams)
    playback.receive(1.0)
    submitted = [len(engine.deadlines)]
    for _ in range(4):
        next(streams)
        submitted.append(len(engine.deadlines))
    # The first, then always one more ahead of the one that is read, up to the maximum.
    assert submitted == [2, 4, 6, 8, 9]
    streams.close()


def test_the_rest_of_a_first_utterance_is_due_when_its_first_sound_has_been_played(
    engine: RecordingEngine, voice: Voice
) -> None:
    job = engine.submit_text(voice, TEXT, low_latency=True)
    engine.run_one()
    (task,) = engine.waiting._tasks
    assert isinstance(task, VocodingTask) and task.is_first and task.deadline == job.deadline == 1e12
    chunk = np.concatenate([np.zeros(voice.sample_rate), np.ones(voice.sample_rate // 2)]).astype(np.float32)
    before = time.monotonic()
    task.send(chunk)
    assert not task.is_first and before + 0.5 <= task.deadline <= time.monotonic() + 0.5


def test_labels_are_computed_before_the_audio_that_a_reader_has_runs_out(engine: RecordingEngine) -> None:
    taken: list[Task] = []
    playback = Playback()

    def compute() -> None:
        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(engine.compute, list, [["row"]], ["shape"], playback)
            (task,) = engine.waiting.take(1)
            taken.append(task)
            engine.run_tasks([task])
            assert result.result() == [["row"]]

    compute()
    playback.receive(5.0)
    playback.deadline += 100.0
    compute()
    first, second = taken
    assert first.is_first and first.deadline == playback.begun
    assert not second.is_first and second.deadline == playback.runs_out < playback.deadline


def test_the_deadline_of_the_next_utterance_follows_the_length_of_those_before(
    engine: RecordingEngine, voice: Voice
) -> None:
    utterances = [(voice, make_utterance(TEXT), 1)] * (MAX_UTTERANCES_AHEAD + 1)
    playback = Playback()
    playback.receive(0.0)
    playback.deadline += 1e6
    streams = engine.speak(utterances, seeded=False, playback=playback)
    stream = next(streams)
    engine.run_all()
    stream.wait_for_start()
    seconds = sum(map(len, stream.read_chunks())) / voice.sample_rate
    next(streams)
    assert engine.deadlines[-1] - engine.deadlines[-2] == pytest.approx(seconds)
    streams.close()


def test_a_reader_that_paused_gains_no_lasting_priority(engine: RecordingEngine, voice: Voice) -> None:
    silent = ((voice, make_utterance(""), 1) for _ in range(MAX_UTTERANCES_AHEAD + 2))
    streams = engine.speak(silent, seeded=False)
    next(streams)
    resumed = time.monotonic()
    next(streams)
    assert engine.deadlines[MAX_UTTERANCES_AHEAD] >= resumed > engine.deadlines[0]
    streams.close()
