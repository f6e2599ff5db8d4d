"""Measure what a worker needs for each stage while all workers are busy: `python -m scripts.capacity.measure FILE`.

The file (JSON) holds the fields of `scripts.capacity.inputs.Costs`, except the overhead, which only a running service
shows: `scripts.capacity.validate` adds it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from app.settings import load_settings
from app.synthesis import never_cancelled
from app.synthesis.pipeline import Pipeline
from app.types import SpeechRequest

CLAUSES = (
    "She waited.",
    "Nobody had told her about it.",
    "The committee met on Tuesday, and it discussed the budget.",
    "He had walked for two hours through the rain, and when he came home the door was open and the fire was out.",
    "They had lived in that house for thirty years, long before the railway came, and nobody in the village could"
    " remember who had built it, or why its windows faced the hill and not the sea.",
)
ROUNDS = 12


@dataclass(frozen=True)
class Measurement:
    """An utterance and its times."""

    seconds: float
    """Seconds of audio."""
    chunks: int
    acoustic: float
    """Seconds of a worker; a share, if utterances were batched."""
    vocoder: float


def measure_utterances(pipeline: Pipeline, number: int) -> Iterator[Measurement]:
    """Speak the clauses in turn, one at a time, and yield the times of each."""
    for place in range(ROUNDS * len(CLAUSES)):
        text = CLAUSES[(number + place) % len(CLAUSES)]
        _, plan = pipeline.plan_request(SpeechRequest(text), never_cancelled)
        voice = pipeline.registry.get()
        for stream in pipeline.engine.speak([(voice, one, place) for one in plan.plan_all()], seeded=True):
            head = stream.wait_for_start()
            chunks = [len(chunk) for chunk in stream.read_chunks()]
            yield Measurement(
                sum(chunks) / voice.sample_rate, len(chunks), head.acoustic_ms / 1000, stream.tail.vocoder_ms / 1000
            )


def measure_labels(pipeline: Pipeline, number: int, count: int) -> list[float]:
    """Return the seconds of each label of `count` sentences together, which no cache holds."""
    seconds = []
    for place in range(ROUNDS):
        began = time.perf_counter()
        pipeline.classifier.classify([f"{CLAUSES[2][:-1]} {number} {place} {one} {count}." for one in range(count)])
        seconds.append((time.perf_counter() - began) / count)
    return seconds


def find_quartile(values: Iterable[float]) -> float:
    """Return the lower quartile: other work on a machine only ever makes values larger."""
    return float(np.percentile(list(values), 25))


def summarize(measured: Iterable[Measurement]) -> list[Measurement]:
    """Return one measurement for each clause, with the lower quartile of its times."""
    alike: dict[tuple[float, int], list[Measurement]] = {}
    for one in measured:
        alike.setdefault((round(one.seconds, 1), one.chunks), []).append(one)
    return [
        Measurement(*key, find_quartile(one.acoustic for one in found), find_quartile(one.vocoder for one in found))
        for key, found in alike.items()
    ]


def fit(rows: list[list[float]], values: list[float]) -> list[float]:
    """Return the coefficients of least squares."""
    return [float(one) for one in np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]]


def main() -> None:
    """Measure, and write the file."""
    pipeline = Pipeline.load(load_settings(backend="openvino", cache_mb=0), warm=True)
    workers = len(pipeline.engine.threads)
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda number: list(measure_utterances(pipeline, number)), range(workers))
        measured = summarize(chain.from_iterable(found))
        one, eight = (
            find_quartile(chain.from_iterable(pool.map(partial(measure_labels, pipeline, count=count), range(workers))))
            for count in (1, 8)
        )
    acoustic = fit([[1.0, one.seconds] for one in measured], [one.acoustic for one in measured])
    vocoder = fit([[one.chunks, one.seconds] for one in measured], [one.vocoder for one in measured])
    voice = pipeline.registry.get()
    pipeline.engine.loaders.clear()
    began = time.perf_counter()
    for emotion in voice.manifest.emotions:
        pipeline.engine.load_speaker(voice, {emotion: 1.0})
    costs = {
        "label": one,
        "label_in_batch": eight,
        "acoustic": acoustic[0],
        "acoustic_second": acoustic[1],
        "chunk": vocoder[0],
        "vocoder_second": vocoder[1],
        "voice_load": time.perf_counter() - began,
    }
    Path(sys.argv[1]).write_text(json.dumps(costs, indent=1) + "\n", encoding="utf-8")
    pipeline.close()


if __name__ == "__main__":
    main()
