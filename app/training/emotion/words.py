"""Fit the table of words of a classifier: `python -m app.training.emotion.words MODEL DATA`.

The weights of the terms (`app.emotion.words`) are those of a logistic regression on the train splits of all sources,
without the network. Each source has its own constants, as the shares of its emotions are its own; the table receives
those of the passages. The power of the network's probabilities and the scale of the weights then maximize the
likelihood of the dev splits' soft labels, which the network has not learned; each source counts alike. `config.json`
receives the power and the highest threshold at which enough clear emotions of the passages' dev split are voiced
correctly; the network's weights stay unchanged.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from app.emotion import Classifier
from app.emotion.classifier import MAX_POWER, Excerpt
from app.emotion.words import CONSTANT, MAX_WEIGHT, WORDS_FILE, read_terms, write_words
from app.training.emotion.calibrate import THRESHOLDS
from app.training.emotion.passages import ClassifierOutputs, classify_passages, count_voiced
from app.training.emotion.rows import (
    EMOTIONS,
    PASSAGES,
    LabelledSentence,
    TrainingRow,
    make_example_row,
    make_passage_row,
    read_examples,
    read_passages,
    select_rows,
)

SOURCE_WEIGHTS = {PASSAGES: 1.0, "goemotions": 0.25, "xed": 0.125}
"""Weight of all sentences of a source together in the loss of the regression: the highest of the passages with which
the other sources' dev splits do not get worse than by the network alone."""
MIN_SENTENCES, MIN_SOURCES = 3, 2
"""Minimum sentences, and sources, in which a term occurs: one source alone has its own subjects and characters."""
NAME_RATIO = 5
"""How many times as often as in lower case a name has a capital within a sentence."""
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+")
LOWER_CASE_WORD = re.compile(r"\b[a-z]+")
PLACEHOLDER = re.compile(r"\[[A-Z]+\]")
"""What GoEmotions has instead of names."""
MAX_TERMS = 8000
"""Maximum terms of the table: those whose weights and frequency change most."""
DECAY = 1e-4
"""Weight of the squared weights in the loss of the regression."""
MIN_POWER = 0.01
"""Minimum power of the network's probabilities: that of a network that knows nothing."""
STEPS = 100
"""Maximum steps of a fit."""
MIN_CLEAR_VOICED = 0.56
"""Minimum share of the dev split's clear emotions that are voiced correctly."""

Table = dict[str, tuple[float, ...]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and write the table of a classifier."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    sys.stdout.write(json.dumps(fit_words(options.model, options.data)) + "\n")


def fit_words(model: Path, data: Path) -> dict[str, float]:
    """Write the table and the settings of a classifier; return the settings."""
    sentences, examples = read_passages(data), read_examples(data)
    dev = [one for one in sentences if one.split == "dev"]
    rows = [make_passage_row(one) for one in dev]
    rows += [make_example_row(one) for one in examples if one.split == "dev" and one.labels]
    change_settings(model, words=None)
    (model / WORDS_FILE).unlink(missing_ok=True)
    power, table = combine(fit_weights(select_rows(sentences, examples)), classify_rows(model, rows), rows)
    write_words(model / WORDS_FILE, table)
    change_settings(model, words=power)
    threshold = choose_threshold(dev, classify_passages(model, dev))
    change_settings(model, threshold=threshold)
    return {"terms": len(table), "words": power, "threshold": threshold}


def change_settings(model: Path, **changes: float | None) -> None:
    """Set, or with None remove, settings of Intone in the config.json of a classifier."""
    path = model / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    settings = {**config.get("intone", {}), **changes}
    config["intone"] = {name: settings[name] for name in sorted(settings) if settings[name] is not None}
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def classify_rows(model: Path, rows: Sequence[TrainingRow]) -> Tensor:
    """Return the probabilities (sentences, 7) of a classifier, with the context if it reads any."""
    classifier = Classifier.load(model)
    context = classifier.settings.context > 0
    assessments = classifier.assess([Excerpt(one.context if context else "", one.text) for one in rows])
    return torch.tensor([[one.probabilities[name] for name in EMOTIONS] for one in assessments], dtype=torch.float64)


def fit_weights(train: Sequence[TrainingRow]) -> Table:
    """Fit the weights of terms to the labels of sentences; keep the terms whose weights matter most."""
    texts = [PLACEHOLDER.sub("", one.text) for one in train]
    terms = [read_terms(text) for text in texts]
    counts = Counter(term for row in terms for term in row)
    columns = {term: place for place, term in enumerate(find_known(train, terms, find_names(texts)))}
    numbers = torch.tensor([counts[term] for term in columns], dtype=torch.float64)[:, None]
    rarity = 1 + ((1 + len(train)) / (1 + numbers)).log()
    features, wanted = TermFeatures(terms, columns), torch.tensor([one.shares for one in train], dtype=torch.float64)
    places, shares = number_sources(train), weigh(train, SOURCE_WEIGHTS)
    weights = torch.zeros(len(columns), len(EMOTIONS), dtype=torch.float64, requires_grad=True)
    constants = torch.zeros(len(SOURCE_WEIGHTS), len(EMOTIONS), dtype=torch.float64, requires_grad=True)

    def compute_loss() -> Tensor:
        logits = features.sum(rarity * weights) + constants[places]
        return compute_entropy(logits, wanted, shares) + DECAY * weights.square().sum()

    minimize(compute_loss, [weights, constants])
    table = (rarity * weights).detach()
    effect = ((table - table.mean(1, keepdim=True)).square().sum(1) * numbers[:, 0]).tolist()
    chosen = sorted(columns, key=lambda term: (-effect[columns[term]], term))[:MAX_TERMS]
    return {CONSTANT: tuple(constants[0].tolist())} | {term: tuple(table[columns[term]].tolist()) for term in chosen}


def find_names(texts: Sequence[str]) -> set[str]:
    """Return the words, in lower case, that have a capital within sentences far more often than none."""
    names = Counter(word.lower() for text in texts for word in NAME.findall(text))
    others = Counter(word for text in texts for word in LOWER_CASE_WORD.findall(text))
    return {word for word, count in names.items() if count > NAME_RATIO * others[word]}


def find_known(train: Sequence[TrainingRow], terms: Sequence[set[str]], names: set[str]) -> list[str]:
    """Return the sorted terms of enough sentences and sources that have no name in them."""
    pairs = Counter((term, one.source) for one, row in zip(train, terms, strict=True) for term in row)
    counts, sources = Counter[str](), Counter(term for term, _ in pairs)
    for (term, _), count in pairs.items():
        counts[term] += count
    return sorted(
        term
        for term, count in counts.items()
        if count >= MIN_SENTENCES and sources[term] >= MIN_SOURCES and names.isdisjoint(term.split())
    )


def number_sources(rows: Sequence[TrainingRow]) -> Tensor:
    """Return the place of each sentence's source in `SOURCE_WEIGHTS`."""
    places = {source: place for place, source in enumerate(SOURCE_WEIGHTS)}
    return torch.tensor([places[one.source] for one in rows])


def weigh(rows: Sequence[TrainingRow], weights: Mapping[str, float]) -> Tensor:
    """Return the weight of each sentence (n,): its source's, divided by the number of its sentences; the sum is 1."""
    counts = Counter(one.source for one in rows)
    shares = torch.tensor([weights[one.source] / counts[one.source] for one in rows], dtype=torch.float64)
    return shares / shares.sum()


class TermFeatures:
    """The known terms of sentences, each with the weight 1 / root of their number."""

    def __init__(self, terms: Sequence[set[str]], columns: Mapping[str, int]) -> None:
        places = [sorted(columns[term] for term in row if term in columns) for row in terms]
        self.places = torch.tensor([place for row in places for place in row])
        self.starts = torch.tensor([0, *accumulate(map(len, places))][:-1])
        self.shares = torch.tensor([len(row) ** -0.5 for row in places for _ in row], dtype=torch.float64)

    def sum(self, weights: Tensor) -> Tensor:
        """Return the sums (sentences, 7) of the terms' weights (terms, 7)."""
        return functional.embedding_bag(self.places, weights, self.starts, mode="sum", per_sample_weights=self.shares)


def combine(weights: Table, network: Tensor, rows: Sequence[TrainingRow]) -> tuple[float, Table]:
    """Fit the power of the network's probabilities (n, 7), and scale the weights, to the labels of sentences."""
    columns = {term: place for place, term in enumerate(one for one in weights if one != CONSTANT)}
    table = torch.tensor([weights[term] for term in columns], dtype=torch.float64)
    scores = TermFeatures([read_terms(one.text) for one in rows], columns).sum(table)
    logs, wanted = network.log(), torch.tensor([one.shares for one in rows], dtype=torch.float64)
    shares = weigh(rows, dict.fromkeys(SOURCE_WEIGHTS, 1.0))
    factors = torch.tensor([1.0, 0.5], dtype=torch.float64, requires_grad=True)
    scores = scores + torch.tensor(weights[CONSTANT], dtype=torch.float64)
    minimize(lambda: compute_entropy(factors[0] * logs + factors[1] * scores, wanted, shares), [factors])
    power, scale = factors.tolist()
    power = min(max(power, MIN_POWER), MAX_POWER)
    scaled: Table = {
        term: tuple(max(-MAX_WEIGHT, min(MAX_WEIGHT, round(scale * one, 2))) for one in row)
        for term, row in weights.items()
    }
    return round(power, 3), scaled


def compute_entropy(logits: Tensor, wanted: Tensor, shares: Tensor) -> Tensor:
    """Compute the cross entropy of soft labels (n, 7), the sentences weighted by their shares (n,)."""
    return -(wanted * logits.log_softmax(1)).sum(1) @ shares


def minimize(compute_loss: Callable[[], Tensor], parameters: list[Tensor]) -> None:
    """Minimize a loss with L-BFGS."""
    optimizer = torch.optim.LBFGS(parameters, max_iter=STEPS, line_search_fn="strong_wolfe")

    def step() -> float:
        optimizer.zero_grad()
        loss = compute_loss()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    optimizer.step(step)  # type: ignore[no-untyped-call]


def choose_threshold(dev: Sequence[LabelledSentence], outputs: ClassifierOutputs) -> float:
    """Return the highest threshold at which enough clear emotions are voiced correctly; the lowest if there is none."""
    voiced = {one: count_voiced(dev, outputs, one)["clear_voiced_rightly"] or 0.0 for one in THRESHOLDS}
    return max((one for one in THRESHOLDS if voiced[one] >= MIN_CLEAR_VOICED), default=THRESHOLDS[0])


if __name__ == "__main__":
    main()
