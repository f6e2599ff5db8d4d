"""Labelled sentences: GoEmotions (arXiv 2005.00547) and XED (arXiv 2011.01612) as one list."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

from app.plan import Emotion

EMOTIONS = tuple(Emotion)
SOURCES = ("goemotions", "xed")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence."""

    text: str
    labels: tuple[Emotion, ...]
    """One or more; empty where the source's label is none of the seven."""
    source: str
    split: str
    """train, dev or test."""


def read_examples(folder: Path) -> list[Example]:
    """All sentences of both sources."""
    return [example for source in SOURCES for example in read_source(folder / f"{source}.tsv.gz", source)]


def read_source(path: Path, source: str) -> list[Example]:
    """The sentences of one file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Example(
                row["text"], tuple(Emotion(name) for name in row["label7"].split("|") if name), source, row["split"]
            )
            for row in rows
        ]


def training_set(examples: list[Example]) -> list[Example]:
    """The train splits, without sentences that any other split holds as well.

    Subtitle lines that XED labels only as trust or anticipation are taken as neutral: they are spoken, and nobody
    heard one of the seven emotions in them.
    """
    held_out = {example.text.strip().lower() for example in examples if example.split != "train"}
    kept = []
    for example in examples:
        if example.split != "train" or example.text.strip().lower() in held_out:
            continue
        labels = example.labels or (Emotion.NEUTRAL,)
        kept.append(Example(example.text, labels, example.source, example.split))
    return kept


def development_set(examples: list[Example]) -> list[Example]:
    """The dev splits, on which every choice is made, without sentences that have no label."""
    return [example for example in examples if example.split == "dev" and example.labels]
