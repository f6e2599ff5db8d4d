"""Compute mel spectrograms, in several runs for utterances too long for one run of the acoustic model.

Planning limits clauses by their letters, but a letter can be many phonemes: espeak-ng spells out foreign letters by
their names. The memory of an acoustic model's attention grows with the square of the tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from app.synthesis.job import Job
from app.synthesis.loader import compute_mels
from app.synthesis.models.acoustic import Mel
from app.synthesis.tokenizer import Tokens
from app.text import find_best_cut

MAX_SYMBOLS = 320
"""Maximum phonemes or letters of a run; a clause of 250 letters in the voice's own language has at most about 260."""
MAX_RUNS = 8
"""Maximum runs of an utterance; the rest, which is not in the voice's language, is omitted with a warning."""


def compute_job_mels(jobs: Sequence[Job]) -> list[Mel]:
    """Compute the mel spectrogram of each job of a batch."""
    if all(len(job.tokens.symbols) <= MAX_SYMBOLS for job in jobs):
        return compute_mels([job.speaker for job in jobs], [job.make_acoustic_input() for job in jobs])
    return [join_runs(job, list(islice(split_runs(job.tokens), MAX_RUNS))) for job in jobs]


def join_runs(job: Job, parts: Sequence[Sequence[int]]) -> Mel:
    """Compute the mel spectrogram of one job from several runs; token ids outside the runs get duration 0."""
    whole = job.make_acoustic_input()
    inputs = [replace(whole, tokens=ids) for ids in parts]
    inputs[1:] = [replace(later, preceding_tokens=0, pause_tokens=0) for later in inputs[1:]]
    mels = [compute_mels([job.speaker], [input])[0] for input in inputs]
    durations = [frames for mel in mels for frames in mel.durations or ()]
    unread = len(job.tokens.ids) - sum(map(len, parts))
    return Mel(
        np.concatenate([mel.frames for mel in mels], axis=2),
        (*durations, *[0] * unread) if durations else None,
        runaway=any(mel.runaway for mel in mels),
        truncated=unread > 0 or any(mel.truncated for mel in mels),
    )


def split_runs(tokens: Tokens) -> Iterator[tuple[int, ...]]:
    """Yield token ids in runs of at most `MAX_SYMBOLS` symbols, cut where a speaker would breathe."""
    edges = [0, *tokens.places[1:], len(tokens.ids)]
    for start, end in split_symbols(tokens.symbols):
        yield tokens.ids[edges[start] : edges[end]]


def split_symbols(symbols: str) -> Iterator[tuple[int, int]]:
    """Yield spans of at most `MAX_SYMBOLS` symbols, cut by halving near the best boundaries."""
    pending = [(0, len(symbols))]
    while pending:
        start, end = pending.pop()
        if end - start <= MAX_SYMBOLS:
            yield start, end
        else:
            middle = start + find_best_cut(symbols[start:end])
            pending += [(middle, end), (start, middle)]
