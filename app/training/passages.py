"""Sentences in their passages, each labelled with the emotion in which it is spoken: `data/passages.tsv.gz`."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from app.plan import Emotion

FILE, NEW_GENRES = "passages.tsv.gz", "new-genres.tsv.gz"
CONTEXT = 2
"""The number of earlier sentences that are read with a sentence."""
CLEAR = 2
"""From this intensity on an emotion is clear."""
STRONGEST = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled sentence."""

    split: str
    """train, dev or test; all sentences of a passage have the same."""
    genre: str
    passage: str
    text: str
    label: Emotion
    second: Emotion | None
    """Another label that is right as well."""
    intensity: int
    """0 neutral, 1 slight, 2 clear, 3 strong."""
    before: tuple[str, ...]
    """The sentences before it in its passage, at most `CONTEXT`."""


def read_passages(folder: Path, file: str = FILE) -> list[Sentence]:
    """Read all sentences of a file in a folder, passage by passage in their order."""
    with gzip.open(folder / file, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        passages = groupby(rows, key=lambda row: row["passage"])
        return [sentence for _, passage in passages for sentence in read_passage(passage)]


def read_passage(rows: Iterable[dict[str, str]]) -> Iterator[Sentence]:
    """Read the sentences of one passage; the first has nothing before it."""
    before: tuple[str, ...] = ()
    for row in rows:
        yield Sentence(
            split=row["split"],
            genre=row["genre"],
            passage=row["passage"],
            text=row["text"],
            label=Emotion(row["label"]),
            second=Emotion(row["second"]) if row["second"] else None,
            intensity=int(row["intensity"]),
            before=before,
        )
        before = (*before, row["text"])[-CONTEXT:]
