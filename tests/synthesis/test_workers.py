"""Worker threads that fail: their jobs get an error, the worker restarts, and the restart is counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.synthesis import Engine, UtteranceStream, never_cancelled
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.synthesis.scheduler import Job
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
        engine.waiting._jobs = [first, second]
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
    with pytest.raises(RuntimeError, match="worker was stopped"):
        UtteranceStream(one, never_cancelled).wait_for_start()
    assert len(speak(engine, voice, HELLO).samples) > 0
    assert (engine.progress.restarts, engine.live_workers) == (1, 1)


def test_a_first_utterance_that_ends_the_worker_it_joins_fails_with_the_batch(engine: Engine, voice: Voice) -> None:
    speaker = engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0})
    ending = replace(speaker, checkpoint=replace(speaker.checkpoint, model=EndingModel()))
    joining = make_job(engine, voice, speaker=ending, low_latency=True)

    class InterruptedVocoder:
        """A vocoder during whose work another request begins."""

        hop_length = speaker.vocoder.hop_length

        def generate_chunks(self, *arguments: Any) -> Iterator[Any]:
            engine.waiting.put(joining)
            yield from speaker.vocoder.generate_chunks(*arguments)

    one = make_job(engine, voice, speaker=replace(speaker, vocoder=InterruptedVocoder()))
    engine.waiting.put(one)
    for failed in (joining, one):
        reader = UtteranceStream(failed, never_cancelled)
        with pytest.raises(RuntimeError, match="worker was stopped"):
            while True:
                reader._receive()
    assert len(speak(engine, voice, HELLO).samples) > 0
    assert engine.progress.restarts == 1


def test_a_closed_engine_has_no_workers() -> None:
    with running_engine(workers=3) as engine:
        assert engine.live_workers == 3
    assert engine.live_workers == 0
