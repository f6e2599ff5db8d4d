"""Utterances -> mel spectrograms; what is too long for an acoustic model to read at once is read in several runs.

Clauses are cut by their letters, but a letter can be many phonemes: espeak-ng reads foreign ones by their names.
The memory of an acoustic model's attention grows with the square of the tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import torch

from app.synthesis.loader import mels
from app.synthesis.models.acoustic import Mel
from app.synthesis.scheduler import Job
from app.synthesis.tokenizer import Tokens
from app.text import best_cut

MOST_SYMBOLS = 320
"""Phonemes or letters of one run: a clause of 250 letters in the voice's own language has at most some 260."""
MOST_RUNS = 8
"""Runs of one utterance. What comes after them is left out, with a warning: it is not in the voice's language."""


def read(jobs: Sequence[Job]) -> list[Mel]:
    """Make the mel spectrogram of each job of a batch."""
    if all(len(job.tokens.symbols) <= MOST_SYMBOLS for job in jobs):
        return mels([job.speaker for job in jobs], [job.asked for job in jobs])
    return [joined(job, list(islice(runs(job.tokens), MOST_RUNS))) for job in jobs]


def joined(job: Job, parts: Sequence[Sequence[int]]) -> Mel:
    """Make the mel spectrogram of one job from several runs; token ids that are in none last no time."""
    made = [mels([job.speaker], [replace(job.asked, tokens=ids)])[0] for ids in parts]
    durations = [frames for mel in made for frames in mel.durations or ()]
    unread = len(job.tokens.ids) - sum(map(len, parts))
    return Mel(
        torch.cat([mel.frames for mel in made], dim=2),
        (*durations, *[0] * unread) if durations else None,
        runaway=any(mel.runaway for mel in made),
        truncated=unread > 0 or any(mel.truncated for mel in made),
    )


def runs(tokens: Tokens) -> Iterator[tuple[int, ...]]:
    """Cut token ids into stretches of at most `MOST_SYMBOLS` symbols each, where a reader would breathe."""
    edges = [0, *tokens.places[1:], len(tokens.ids)]
    for start, end in stretches(tokens.symbols):
        yield tokens.ids[edges[start] : edges[end]]


def stretches(symbols: str) -> Iterator[tuple[int, int]]:
    """Halve symbols until every stretch is short enough."""
    pending = [(0, len(symbols))]
    while pending:
        start, end = pending.pop()
        if end - start <= MOST_SYMBOLS:
            yield start, end
        else:
            middle = start + best_cut(symbols[start:end])
            pending += [(middle, end), (start, middle)]
