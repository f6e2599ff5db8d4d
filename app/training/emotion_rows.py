"""Sentences with soft labels, as a classifier that reads context learns them, and the order in which they come."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

from app.emotion.context import make_context
from app.plan import Emotion
from app.training.emotion_data import EMOTIONS, Example
from app.training.passages import STRONGEST, Sentence

PASSAGES = "passages"
SECOND_WEIGHT = 0.4
"""The weight of a second label that is right as well; the first has 1."""
SLIGHT_WEIGHT = 0.3
"""The weight of neutral in a sentence of slight emotion."""
LEFT_OUT = 0.2
"""How often a sentence is learned without its context, so that single sentences are understood as well."""
POOL = 32
"""Batches that are drawn together and sorted by length, so that there is little padding."""


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence to learn."""

    text: str
    context: str
    """What is read before it; may be empty."""
    shares: tuple[float, ...]
    """The share of each of `EMOTIONS`, sum 1."""
    strength: float | None
    """How strongly the emotion is felt, 0 to 1; None if the source does not say."""
    source: str


def make_passage_row(sentence: Sentence) -> Row:
    """Make a row of a sentence in its passage."""
    return Row(
        text=sentence.text,
        context=make_context(sentence.before),
        shares=soften(sentence),
        strength=sentence.intensity / STRONGEST,
        source=PASSAGES,
    )


def soften(sentence: Sentence) -> tuple[float, ...]:
    """Share out the label, the second one, and neutral if the emotion is slight."""
    weights = dict.fromkeys(EMOTIONS, 0.0)
    weights[sentence.label] = 1.0
    if sentence.second is not None:
        weights[sentence.second] += SECOND_WEIGHT
    if sentence.intensity == 1:
        weights[Emotion.NEUTRAL] += SLIGHT_WEIGHT
    total = sum(weights.values())
    return tuple(weight / total for weight in weights.values())


def make_example_row(example: Example) -> Row:
    """Make a row of a single sentence; each of its labels has an equal share."""
    share = 1 / len(example.labels)
    shares = tuple(share * (emotion in example.labels) for emotion in EMOTIONS)
    return Row(example.text, "", shares, None, example.source)


def select_rows(sentences: Sequence[Sentence], examples: Sequence[Example]) -> list[Row]:
    """Select the train splits, without sentences that a dev or test split of any source holds as well.

    Lines of XED that have none of the seven emotions are left out.
    """
    held_out = find_held_out(sentences, examples)
    rows = [make_passage_row(one) for one in sentences if one.split == "train"]
    rows += [make_example_row(one) for one in examples if one.split == "train" and one.labels]
    return [row for row in rows if row.text.strip().lower() not in held_out]


def find_held_out(sentences: Sequence[Sentence], examples: Sequence[Example]) -> set[str]:
    """Find the texts of all dev and test splits, in lower case."""
    splits = [(one.split, one.text) for one in sentences] + [(one.split, one.text) for one in examples]
    return {text.strip().lower() for split, text in splits if split != "train"}


def draw_batches(rows: Sequence[Row], size: int, others: float, seed: int) -> Iterator[list[Row]]:
    """Draw batches without end, the same for the same seed, in rounds that have every sentence of the passages once.

    The first round has nothing else: the passages teach most. Later ones also have the next sentences of the other
    sources, `others` times as many as those of the passages.
    """
    passages = [row for row in rows if row.source == PASSAGES]
    coming = repeat_shuffled([row for row in rows if row.source != PASSAGES], seed)
    for number in count():
        more = int(others * len(passages)) if number else 0
        yield from draw_round([*passages, *islice(coming, more)], size, random.Random(f"{seed} {number}"))


def repeat_shuffled(rows: list[Row], seed: int) -> Iterator[Row]:
    """Yield all rows in random order, again and again."""
    order = random.Random(seed)
    while rows:
        yield from order.sample(rows, len(rows))


def draw_round(rows: list[Row], size: int, order: random.Random) -> Iterator[list[Row]]:
    """Draw batches of rows of similar length, some of the rows without their context."""
    read = [replace(row, context="") if order.random() < LEFT_OUT else row for row in rows]
    order.shuffle(read)
    for start in range(0, len(read), size * POOL):
        pool = sorted(read[start : start + size * POOL], key=lambda row: len(row.text) + len(row.context))
        ready = [pool[at : at + size] for at in range(0, len(pool) - size + 1, size)]
        order.shuffle(ready)
        yield from ready
