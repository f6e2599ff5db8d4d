"""Utterances that another process speaks have the samples of local ones, even if the first process is lost."""

from __future__ import annotations

import pickle
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager

import numpy as np
import pytest

from app.cluster.engine import MAX_ATTEMPTS, RemoteEngine, SynthesizerLost, UtteranceCall, make_call
from app.cluster.synthesizer import Synthesizer
from app.errors import NotReady
from app.inference.pytorch import TorchBackend
from app.settings import load_settings
from app.synthesis import Playback, UtteranceStream, never_cancelled
from app.synthesis.job import StreamPart
from app.types import Samples
from tests.serving import wait_until
from tests.speaking import make_utterance

TEXT = "I never thought that we would see the ocean again, but here it is, as grey and as wide as it always was."


@pytest.fixture(scope="module")
def synthesizer() -> Iterator[Synthesizer]:
    synthesizer = Synthesizer(load_settings(backend="torch", workers=2, cache_mb=0))
    yield synthesizer
    synthesizer.engine.close()


class Transport:
    """Transport to a synthesizer in this process, which loses the connection after some messages of each attempt."""

    def __init__(self, synthesizer: Synthesizer, losses: Sequence[int] = ()) -> None:
        self.synthesizer = synthesizer
        self.losses = list(losses)
        self.calls: list[UtteranceCall] = []
        self.ended = 0

    async def send(self, call: UtteranceCall) -> AsyncGenerator[Sequence[StreamPart]]:
        """Pass on the parts of an utterance, in the form in which processes exchange them."""
        self.calls.append(call)
        left = self.losses.pop(0) if self.losses else -1
        try:
            async with aclosing(self.synthesizer.speak(pickle.loads(pickle.dumps(call)))) as messages:
                async for parts in messages:
                    for part in parts:
                        if left == 0:
                            raise SynthesizerLost("It was killed.")
                        left -= 1
                        yield [pickle.loads(pickle.dumps(part))]
        finally:
            self.ended += 1


@contextmanager
def remote_engine(transport: Transport) -> Iterator[RemoteEngine]:
    engine = RemoteEngine(TorchBackend(), transport.send, workers=1)
    yield engine
    engine.close()


def speak(engine: RemoteEngine, synthesizer: Synthesizer, seed: int = 7, seeded: bool = True) -> Samples:
    """Return the samples of a text that is the first utterance of its request."""
    utterances = [(synthesizer.registry.get(), make_utterance(TEXT), seed)]
    (stream,) = list(engine.speak(utterances, seeded=seeded))
    assert stream.wait_for_start().words()
    return np.concatenate(list(stream.read_chunks()))


@pytest.fixture(scope="module")
def expected(synthesizer: Synthesizer) -> Samples:
    playback = Playback()
    job = synthesizer.submit(make_call(make_utterance(TEXT), 7, True, None, True, playback))
    stream = UtteranceStream(job, never_cancelled)
    stream.wait_for_start()
    chunks = list(stream.read_chunks())
    assert len(chunks) > 1
    return np.concatenate(chunks)


def test_remote_utterance_has_the_samples_of_a_local_one(synthesizer: Synthesizer, expected: Samples) -> None:
    transport = Transport(synthesizer)
    with remote_engine(transport) as engine:
        assert np.array_equal(speak(engine, synthesizer), expected)
    assert len(transport.calls) == transport.ended == 1
    assert synthesizer.queued_seconds == 0


@pytest.mark.parametrize("losses", [[0], [1], [2], [1, 2, 0]])
@pytest.mark.parametrize("seeded", [True, False])
def test_utterance_of_a_lost_process_continues_without_a_gap(
    synthesizer: Synthesizer, expected: Samples, losses: list[int], seeded: bool
) -> None:
    transport = Transport(synthesizer, losses)
    with remote_engine(transport) as engine:
        assert np.array_equal(speak(engine, synthesizer, seeded=seeded), expected)
        assert engine.repeated == len(losses)
    assert [call.seeded for call in transport.calls][-1] is (seeded or max(losses) > 1)


def test_utterance_that_loses_every_process_fails(synthesizer: Synthesizer) -> None:
    transport = Transport(synthesizer, [0] * MAX_ATTEMPTS)
    with remote_engine(transport) as engine, pytest.raises(NotReady):
        speak(engine, synthesizer)
    assert transport.ended == MAX_ATTEMPTS


def test_error_of_another_process_reaches_the_reader(synthesizer: Synthesizer) -> None:
    async def send(call: UtteranceCall) -> AsyncGenerator[Sequence[StreamPart]]:
        yield [RuntimeError("out of memory")]

    engine = RemoteEngine(TorchBackend(), send, workers=1)
    with pytest.raises(RuntimeError, match="out of memory"):
        speak(engine, synthesizer)
    engine.close()


def test_cancelled_utterances_end_in_the_other_process(synthesizer: Synthesizer) -> None:
    transport = Transport(synthesizer)
    with remote_engine(transport) as engine:
        utterances = [(synthesizer.registry.get(), make_utterance(TEXT), number) for number in range(3)]
        streams = engine.speak(utterances, seeded=True)
        next(streams).cancel()
        streams.close()
        wait_until(lambda: transport.ended == len(transport.calls) and not synthesizer.queued_seconds, 30)
