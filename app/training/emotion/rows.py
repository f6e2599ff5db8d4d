"""Read labelled sentences; provide the training rows, the network and the losses of a classifier that reads context."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby, islice
from pathlib import Path

from app.emotion.classifier import make_context
from app.types import Emotion

EMOTIONS = tuple(Emotion)
SOURCES = ("goemotions", "xed")


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled sentence without its context."""

    text: str
    labels: tuple[Emotion, ...]
    """One or more; empty if the source's label is none of the seven."""
    source: str
    split: str
    """train, dev or test."""


def read_examples(folder: Path) -> list[Example]:
    """Read all sentences of both sources."""
    return [example for source in SOURCES for example in read_source(folder / f"{source}.tsv.gz", source)]


def read_source(path: Path, source: str) -> list[Example]:
    """Read the sentences of one file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Example(
                row["text"], tuple(Emotion(name) for name in row["label7"].split("|") if name), source, row["split"]
            )
            for row in rows
        ]


PASSAGES_FILE, NEW_GENRES_FILE = "passages.tsv.gz", "new-genres.tsv.gz"
CONTEXT_SENTENCES = 2
"""Number of preceding sentences that are read with a sentence."""
MIN_CLEAR_INTENSITY = 2
"""Lowest intensity of a clear emotion."""
MAX_INTENSITY = 3


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A labelled sentence of a passage."""

    split: str
    """train, dev or test; all sentences of a passage have the same."""
    genre: str
    passage: str
    text: str
    label: Emotion
    second: Emotion | None
    """Another correct label."""
    intensity: int
    """0 neutral, 1 slight, 2 clear, 3 strong."""
    before: tuple[str, ...]
    """The preceding sentences of the passage, at most `CONTEXT_SENTENCES`."""


def read_passages(folder: Path, file: str = PASSAGES_FILE, split: str | None = None) -> list[LabelledSentence]:
    """Read all sentences of a file, or those of one split, passage by passage in order."""
    with gzip.open(folder / file, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        passages = groupby(rows, key=lambda row: row["passage"])
        sentences = [sentence for _, passage in passages for sentence in read_passage(passage)]
    return [one for one in sentences if split in (None, one.split)]


def read_passage(rows: Iterable[dict[str, str]]) -> Iterator[LabelledSentence]:
    """Yield the sentences of one passage, each with the preceding ones."""
    before: tuple[str, ...] = ()
    for row in rows:
        yield LabelledSentence(
            split=row["split"],
            genre=row["genre"],
            passage=row["passage"],
            text=row["text"],
            label=Emotion(row["label"]),
            second=Emotion(row["second"]) if row["second"] else None,
            intensity=int(row["intensity"]),
            before=before,
        )
        before = (*before, row["text"])[-CONTEXT_SENTENCES:]


PASSAGES = "passages"
SECOND_WEIGHT = 0.4
"""Weight of a second correct label; the first has 1."""
SLIGHT_WEIGHT = 0.3
"""Weight of neutral in a sentence of slight emotion."""
CONTEXT_DROPOUT = 0.2
"""Probability that a sentence is learned without its context, so that the network also understands single ones."""
POOL_BATCHES = 32
"""Batches drawn together and sorted by length, to keep padding small."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A sentence as training data."""

    text: str
    context: str
    """Text read before the sentence; may be empty."""
    shares: tuple[float, ...]
    """Share of each of `EMOTIONS`; the sum is 1."""
    strength: float | None
    """Strength of the emotion, 0 to 1; None if the source has no intensities."""
    source: str


def make_passage_row(sentence: LabelledSentence) -> TrainingRow:
    """Make a row of a sentence with its context."""
    return TrainingRow(
        text=sentence.text,
        context=make_context(sentence.before),
        shares=soften_labels(sentence),
        strength=sentence.intensity / MAX_INTENSITY,
        source=PASSAGES,
    )


def soften_labels(sentence: LabelledSentence) -> tuple[float, ...]:
    """Return the shares of the label, of the second label, and of neutral if the emotion is slight."""
    weights = dict.fromkeys(EMOTIONS, 0.0)
    weights[sentence.label] = 1.0
    if sentence.second is not None:
        weights[sentence.second] += SECOND_WEIGHT
    if sentence.intensity == 1:
        weights[Emotion.NEUTRAL] += SLIGHT_WEIGHT
    total = sum(weights.values())
    return tuple(weight / total for weight in weights.values())


def make_example_row(example: Example) -> TrainingRow:
    """Make a row of a single sentence; its labels have equal shares."""
    share = 1 / len(example.labels)
    shares = tuple(share * (emotion in example.labels) for emotion in EMOTIONS)
    return TrainingRow(example.text, "", shares, None, example.source)


def select_rows(sentences: Sequence[LabelledSentence], examples: Sequence[Example]) -> list[TrainingRow]:
    """Make rows of the train splits, without sentences that are also in a dev or test split of any source.

    Lines of XED with none of the seven emotions are left out.
    """
    held_out = find_held_out(sentences, examples)
    rows = [make_passage_row(one) for one in sentences if one.split == "train"]
    rows += [make_example_row(one) for one in examples if one.split == "train" and one.labels]
    return [row for row in rows if row.text.strip().lower() not in held_out]


def find_held_out(sentences: Sequence[LabelledSentence], examples: Sequence[Example]) -> set[str]:
    """Return the texts of all dev and test splits, in lower case."""
    splits = [(one.split, one.text) for one in sentences] + [(one.split, one.text) for one in examples]
    return {text.strip().lower() for split, text in splits if split != "train"}


def draw_batches(rows: Sequence[TrainingRow], size: int, others: float, seed: int) -> Iterator[list[TrainingRow]]:
    """Yield batches without end, the same for the same seed, in rounds that have every sentence of the passages once.

    The first round has only those, as the passages teach most. Later rounds also have the next sentences of the other
    sources, `others` times as many as those of the passages.
    """
    passages = [row for row in rows if row.source == PASSAGES]
    coming = repeat_shuffled([row for row in rows if row.source != PASSAGES], seed)
    for number in count():
        more = int(others * len(passages)) if number else 0
        yield from draw_round([*passages, *islice(coming, more)], size, random.Random(f"{seed} {number}"))


def repeat_shuffled(rows: list[TrainingRow], seed: int) -> Iterator[TrainingRow]:
    """Yield all rows in random order, again and again."""
    order = random.Random(seed)
    while rows:
        yield from order.sample(rows, len(rows))


def draw_round(rows: list[TrainingRow], size: int, order: random.Random) -> Iterator[list[TrainingRow]]:
    """Yield batches of rows of similar length, some of the rows without their context."""
    read = [replace(row, context="") if order.random() < CONTEXT_DROPOUT else row for row in rows]
    order.shuffle(read)
    for start in range(0, len(read), size * POOL_BATCHES):
        pool = sorted(read[start : start + size * POOL_BATCHES], key=lambda row: len(row.text) + len(row.context))
        ready = [pool[at : at + size] for at in range(0, len(pool) - size + 1, size)]
        order.shuffle(ready)
        yield from ready
