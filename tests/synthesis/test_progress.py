"""The engine's record of its progress: the sizes of its batches, and for how long it has stalled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.packages import bundled_models_dir
from app.synthesis.job import Job
from app.synthesis.scheduler import Progress
from app.voices import open_voice
from tests.speaking import make_utterance, running_engine, speak_all


def test_batches_of_concurrent_threads_are_all_counted() -> None:
    progress = Progress()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: progress.count_batch(number % 3 + 1), range(3000)))
    assert progress.batches == {1: 1000, 2: 1000, 3: 1000}


def test_every_computed_utterance_counts_in_a_batch_and_as_progress() -> None:
    voice = open_voice(bundled_models_dir() / "voices" / "wren")
    with running_engine(batch_size=2, cache_bytes=10_000_000) as engine:
        before = engine.progress.last
        for _ in range(2):
            speak_all(
                engine, voice, [(make_utterance("One."), 1), (make_utterance("Two."), 1), (make_utterance("?!"), 1)]
            )
        batches = engine.progress.batches
        assert sum(size * count for size, count in batches.items()) == 2  # the others are cached or silent
        assert engine.progress.last > before


def make_job(submitted_at: float) -> Job:
    """Return a job that only the queue reads."""
    nothing: Any = None
    return Job(
        nothing,
        make_utterance(),
        nothing,
        nothing,
        0,
        unbatchable=True,
        low_latency=False,
        deadline=0.0,
        key=None,
        submitted_at=submitted_at,
    )


@pytest.mark.parametrize(
    ("submitted_at", "last", "seconds"),
    [
        ([], 0.0, 0.0),
        ([90.0], 0.0, 10.0),
        ([90.0, 40.0, 95.0], 0.0, 60.0),
        ([40.0], 97.0, 3.0),
        ([40.0], 101.0, 0.0),
    ],
)
def test_a_stall_begins_with_the_oldest_request_or_with_the_last_progress(
    submitted_at: list[float], last: float, seconds: float
) -> None:
    with running_engine(workers=0) as engine:
        engine.progress.last = last
        for one in submitted_at:
            engine.waiting.put(make_job(one))
        assert engine.measure_stall(100.0) == seconds
