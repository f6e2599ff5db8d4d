"""A request that begins while a batch is spoken joins it, and a reader that pauses gains no lasting privilege."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.inference.torch import TorchBackend
from app.packages import bundled_models_dir
from app.synthesis import Engine
from app.synthesis.engine import MAX_UTTERANCES_AHEAD, VocodingTask
from app.synthesis.scheduler import Job, StreamEnd
from app.types import Utterance
from app.voices import Voice, open_voice
from tests.speaking import utterance

LATE = "The tickets cost twelve pounds, and the museum closes at half past five, which nobody had told us."


class Recording(Engine):
    """Has no workers of its own, and keeps the order of its work."""

    def __init__(self) -> None:
        super().__init__(TorchBackend(), workers=0, batch_size=2, cache_bytes=0)
        self.chunks: list[Job] = []
        self.dues: list[float] = []
        self.broken: Job | None = None

    def vocode_chunk(self, voicing: VocodingTask) -> bool:
        self.chunks.append(voicing.job)
        if voicing.job is self.broken:
            raise ZeroDivisionError
        return super().vocode_chunk(voicing)

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
        self.dues.append(deadline)
        return super().submit(voice, one, seed, seeded, key_name, low_latency=low_latency, deadline=deadline)

    def say(self, voice: Voice, text: str, low_latency: bool) -> Job:
        return self.submit(
            voice, utterance(text), 1, False, None, low_latency=low_latency, deadline=1e12 if low_latency else 0.0
        )


@pytest.fixture(scope="module")
def voice() -> Voice:
    return open_voice(bundled_models_dir() / "voices" / "wren")


@pytest.fixture
def engine() -> Iterator[Recording]:
    engine = Recording()
    yield engine
    engine.close()


def parts(job: Job) -> list[object]:
    found = []
    while not job.channel.empty():
        found.append(job.channel.get())
    return found


def speak_batch(engine: Engine) -> None:
    jobs = engine.waiting.take(2)
    engine.vocode_batch([one for one in engine.start(jobs) if one is not None], jobs)


def test_a_new_request_is_heard_after_one_chunk_of_the_batch_and_a_batch_takes_few(
    engine: Recording, voice: Voice
) -> None:
    late = [engine.say(voice, LATE, low_latency=False) for _ in range(2)]
    jobs = engine.waiting.take(2)
    batch = [one for one in engine.start(jobs) if one is not None]
    newcomers = [engine.say(voice, f"Number {number}.", low_latency=True) for number in range(5)]
    engine.vocode_batch(batch, jobs)
    assert engine.chunks[:3] == [late[0], newcomers[0], newcomers[1]]
    assert all(isinstance(parts(one)[-1], StreamEnd) for one in (*late, *newcomers[:2]))
    assert len(engine.waiting) == 3 and engine.progress.batches == {1: 2}


def test_an_error_of_one_utterance_is_its_own(engine: Recording, voice: Voice) -> None:
    first, second = (engine.say(voice, LATE, low_latency=False) for _ in range(2))
    engine.broken = first
    speak_batch(engine)
    assert isinstance(parts(first)[-1], ZeroDivisionError)
    assert isinstance(parts(second)[-1], StreamEnd)


def test_a_reader_that_was_away_is_not_before_others_for_ever(engine: Recording, voice: Voice) -> None:
    silent = ((voice, utterance(""), 1) for _ in range(MAX_UTTERANCES_AHEAD + 2))
    speakings = engine.speak(silent, seeded=False)
    next(speakings)
    back = time.monotonic()
    next(speakings)
    assert engine.dues[MAX_UTTERANCES_AHEAD] >= back > engine.dues[0]
    speakings.close()
