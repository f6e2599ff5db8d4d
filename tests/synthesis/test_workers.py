"""Worker threads that fail: their jobs get an error, the worker restarts, and the restart is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from app.errors import Busy, OverTimeBudget
from app.synthesis import Engine, Playback, UtteranceStream, never_cancelled
from app.synthesis.job import Job
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.types import Emotion
from app.voices import Voice, open_voice
from tests.speaking import make_utterance, running_engine, speak
from tests.tiny_voice import write_tiny_voice

HELLO = make_utterance("Hello there.")


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return open_voice(write_tiny_voice(tmp_path_factory.mktemp("voices") / "tiny"))


@pytest.fixture
def engine() -> Iterator[Engine]:
    with running_engine(workers=1) as engine:
        yield engine


def make_job(engine: Engine, voice: Voice, **changes: Any) -> Job:
    """Return a job that may share a batch."""
    speaker = engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0})
    tokens = speaker.checkpoint.tokenizer.encode(HELLO.spoken)
    template = Job(voice, HELLO, speaker, tokens, 1, unbatchable=False, low_latency=False, deadline=0.0, key=None)
    return replace(template, **changes)


def test_a_job_that_cannot_be_batched_fails_and_the_worker_restarts(voice: Voice) -> None:
    with running_engine(workers=1) as engine:
        broken: Any = None
        first, second = make_job(engine, voice, tokens=broken), make_job(engine, voice)
        engine.waiting._tasks = [first, second]
        engine.waiting.put(make_job(engine, voice, deadline=1.0))
        with pytest.raises(AttributeError):
            UtteranceStream(first, never_cancelled).wait_for_start()
        assert UtteranceStream(second, never_cancelled).wait_for_start().warnings == ()
        assert len(speak(engine, voice, HELLO).samples) > 0
        assert (engine.progress.restarts, engine.live_workers) == (1, 1)


class EndOfThread(BaseException):
    """An exception that ends a thread, as `SystemExit` does."""


class EndingModel:
    """An acoustic model that ends its worker."""

    batch_invariant = True
    leading_pause = False

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        raise EndOfThread


def test_a_batch_that_ends_its_worker_fails_and_the_worker_restarts(engine: Engine, voice: Voice) -> None:
    speaker = engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0})
    ending = replace(speaker, checkpoint=replace(speaker.checkpoint, model=EndingModel()))
    one = make_job(engine, voice, speaker=ending)
    engine.waiting.put(one)
    with pytest.raises(Busy, match="was stopped"):
        UtteranceStream(one, never_cancelled).wait_for_start()
    assert len(speak(engine, voice, HELLO).samples) > 0
    assert (engine.progress.restarts, engine.live_workers) == (1, 1)


def test_an_utterance_that_ends_its_worker_does_not_affect_those_between_two_chunks(
    engine: Engine, voice: Voice
) -> None:
    speaker = engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0})
    ending = replace(speaker, checkpoint=replace(speaker.checkpoint, model=EndingModel()))
    failing = make_job(engine, voice, speaker=ending, low_latency=True)

    class InterruptedVocoder:
        """A vocoder during whose work another request begins."""

        hop_length = speaker.vocoder.hop_length

        def generate_chunks(self, *arguments: Any) -> Iterator[Any]:
            engine.waiting.put(failing)
            yield from speaker.vocoder.generate_chunks(*arguments)

    one = make_job(engine, voice, speaker=replace(speaker, vocoder=InterruptedVocoder()))
    engine.waiting.put(one)
    with pytest.raises(Busy, match="was stopped"):
        UtteranceStream(failing, never_cancelled).wait_for_start()
    reader = UtteranceStream(one, never_cancelled)
    reader.wait_for_start()
    assert sum(map(len, reader.read_chunks())) > 0
    assert (engine.progress.restarts, engine.live_workers) == (1, 1)


def test_a_computation_returns_its_results_or_its_error(engine: Engine) -> None:
    assert engine.compute(lambda rows: [row * 2 for row in rows], [[1, 2], [3]], [1, 2], Playback()) == [[2, 4], [6]]
    with pytest.raises(ZeroDivisionError):
        engine.compute(lambda rows: [1 // row for row in rows], [[0]], [1], Playback())
    assert (engine.progress.restarts, engine.live_workers) == (0, 1)


def test_a_cancelled_request_waits_for_no_computation() -> None:
    with running_engine(workers=0) as engine:
        with pytest.raises(OverTimeBudget):
            engine.compute(list, [[1], [2]], [1, 2], Playback(), cancelled=lambda: True)
        assert not engine.waiting.has_first(besides=Playback()), "the tasks still wait for a worker"


def test_what_follows_a_failed_computation_is_not_computed() -> None:
    computed: list[int] = []

    def compute(rows: Sequence[int]) -> Sequence[int]:
        computed.extend(rows)
        if rows[0] == 1:
            raise ZeroDivisionError
        return rows

    with running_engine(workers=0) as engine, ThreadPoolExecutor(1) as pool:
        result = pool.submit(engine.compute, compute, [[1], [2]], [1, 2], Playback())
        engine.run_tasks(engine.waiting.take(1))
        with pytest.raises(ZeroDivisionError):
            result.result()
        assert not engine.waiting.has_first(besides=Playback())
    assert computed == [1]


def test_a_closed_engine_has_no_workers() -> None:
    with running_engine(workers=3) as engine:
        assert engine.live_workers == 3
    assert engine.live_workers == 0
