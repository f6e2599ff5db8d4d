"""Read labelled sentences; provide the training rows, the network and the losses of a classifier that reads context."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModelForSequenceClassification

from app.emotion.classifier import STRENGTH_LABEL, make_context
from app.packages import stub_module
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


def select_training(examples: list[Example]) -> list[Example]:
    """Return the train splits, without sentences that are also in another split.

    Subtitle lines that XED labels only as trust or anticipation count as neutral: they are spoken, and no annotator
    found one of the seven emotions in them.
    """
    held_out = {example.text.strip().lower() for example in examples if example.split != "train"}
    kept = []
    for example in examples:
        if example.split != "train" or example.text.strip().lower() in held_out:
            continue
        labels = example.labels or (Emotion.NEUTRAL,)
        kept.append(Example(example.text, labels, example.source, example.split))
    return kept


def select_development(examples: list[Example]) -> list[Example]:
    """Return the labelled sentences of the dev splits, on which every choice is made."""
    return [example for example in examples if example.split == "dev" and example.labels]


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


def read_passages(folder: Path, file: str = PASSAGES_FILE) -> list[LabelledSentence]:
    """Read all sentences of a file, passage by passage in order."""
    with gzip.open(folder / file, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        passages = groupby(rows, key=lambda row: row["passage"])
        return [sentence for _, passage in passages for sentence in read_passage(passage)]


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


OUTPUTS = (*map(str, EMOTIONS), STRENGTH_LABEL)
MAX_TOKENS = 160
"""Maximum tokens of context and sentence together; the rest is cut."""
SCORING_BATCH = 32
"""Sentences scored at once."""


def load_network(folder: Path) -> Any:
    """Load an encoder with the eight outputs; if its folder has none, they start with random weights."""
    stub_module("torchaudio")  # transformers imports it for audio models
    return AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(OUTPUTS),
        id2label=dict(enumerate(OUTPUTS)),
        label2id={name: index for index, name in enumerate(OUTPUTS)},
        dtype=torch.float32,
    ).eval()


def find_frozen(network: Any, layers: int) -> list[nn.Module]:
    """Return the modules to freeze: the word embeddings or, if `layers` is not 0, everything up to that layer.

    This includes modules that an encoder shares among its layers (MPNet's position biases): if they changed, every
    step would have to backpropagate through the frozen layers.
    """
    embeddings, encoder = network.base_model.embeddings, network.base_model.encoder
    if not layers:
        return [embeddings.word_embeddings]
    shared = [part for part in encoder.children() if part is not encoder.layer]
    return [embeddings, *shared, *encoder.layer[:layers]]


class TrainableParameters(nn.Module):
    """Trainable parameters of a network by name: all that a checkpoint needs of the network."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                self.register_parameter(name.replace(".", "/"), parameter)


def encode(tokenizer: Any, rows: Sequence[TrainingRow]) -> dict[str, Tensor]:
    """Encode sentences as the network's inputs, as pairs with their context if they have one."""
    encoded = [
        tokenizer(*((row.context, row.text) if row.context else (row.text,)), truncation=True, max_length=MAX_TOKENS)
        for row in rows
    ]
    return dict(tokenizer.pad(encoded, return_tensors="pt"))


@torch.no_grad()
def score(network: Any, tokenizer: Any, rows: Sequence[TrainingRow]) -> Tensor:
    """Compute the logits (rows, 8) of rows; the network must be in evaluation mode."""
    order = sorted(range(len(rows)), key=lambda at: len(rows[at].text) + len(rows[at].context))
    logits = torch.empty(len(rows), len(OUTPUTS))
    for start in range(0, len(order), SCORING_BATCH):
        places = order[start : start + SCORING_BATCH]
        logits[places] = network(**encode(tokenizer, [rows[at] for at in places])).logits.float()
    return logits


SOURCE_WEIGHT = {PASSAGES: 1.0, "goemotions": 0.5, "xed": 0.25, "speech": 0.5}
"""Weight of each source: sentences labelled without their scene are less reliable about how they are spoken."""
RARITY_POWER = 0.3
"""The weight of a class is this power of its rarity in its source."""
WARM_UP = 40
"""Steps over which the learning rate rises."""


def compute_losses(logits: Tensor, rows: Sequence[TrainingRow], weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Compute the weighted cross entropy of the emotions, and that of the strength for rows that have one."""
    emotions, strength = logits[:, : len(EMOTIONS)], logits[:, len(EMOTIONS)]
    shares = torch.tensor([row.shares for row in rows]) * torch.stack([weights[row.source] for row in rows])
    emotion = -(shares * emotions.log_softmax(-1)).sum() / shares.sum()
    known = torch.tensor([row.strength is not None for row in rows])
    wanted = torch.tensor([row.strength or 0.0 for row in rows])
    entropy = F.binary_cross_entropy_with_logits(strength, wanted, reduction="none")
    return emotion, (entropy * known).sum() / known.sum().clamp(min=1)


def weigh_classes(rows: Sequence[TrainingRow]) -> dict[str, Tensor]:
    """Return the class weights (7,) of each source: rare classes count more, but far less than in proportion."""
    weights = {}
    for source in {row.source for row in rows}:
        shares = torch.tensor([row.shares for row in rows if row.source == source])
        mean = shares.mean(0).clamp(min=1 / len(shares))
        weights[source] = SOURCE_WEIGHT[source] * (mean.mean() / mean) ** RARITY_POWER
    return weights


def scale_rate(step: int, steps: int) -> float:
    """Return the factor of the learning rate: linear warm-up, then linear decay to zero at the last step.

    The warm-up does not depend on the number of steps, which may change when a run is resumed.
    """
    return min((step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, steps - WARM_UP)))


def evaluate(logits: Tensor, rows: Sequence[TrainingRow]) -> dict[str, float]:
    """Compute both losses, unweighted, and the macro-F1 of the most probable emotion."""
    emotion, strength = compute_losses(logits, rows, {row.source: torch.ones(len(EMOTIONS)) for row in rows})
    return {"emotion": emotion.item(), "strength": strength.item(), "macro_f1": compute_macro_f1(logits, rows)}


def compute_macro_f1(logits: Tensor, rows: Sequence[TrainingRow]) -> float:
    """Compute the mean F1 of the seven emotions; the label of a row is the emotion with the largest share."""
    got = logits[:, : len(EMOTIONS)].argmax(-1)
    label = torch.tensor([row.shares for row in rows]).argmax(-1)
    scores = []
    for emotion in range(len(EMOTIONS)):
        hits = ((got == emotion) & (label == emotion)).sum()
        scores.append(2 * hits / ((got == emotion).sum() + (label == emotion).sum()).clamp(min=1))
    return torch.stack(scores).mean().item()
