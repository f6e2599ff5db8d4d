"""Fit the table of words of a classifier: `python -m app.training.emotion.words MODEL DATA`.

The weights of the terms (`app.emotion.words`) are those of a logistic regression on the train split of the passages,
without the network. The power of the network's probabilities, the scale of the weights and the constants then maximize
the likelihood of the dev split's soft labels. `config.json` receives the power and the highest threshold at which
enough clear emotions of the dev split are voiced correctly; the network's weights stay unchanged.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from app.emotion.classifier import MAX_POWER
from app.emotion.words import CONSTANT, MAX_WEIGHT, WORDS_FILE, read_terms, write_words
from app.training.emotion.calibrate import THRESHOLDS
from app.training.emotion.passages import ClassifierOutputs, classify_passages, count_voiced
from app.training.emotion.rows import EMOTIONS, LabelledSentence, find_held_out, read_passages, soften_labels

MIN_SENTENCES = 3
"""Minimum sentences of the train split in which a term occurs."""
MAX_TERMS = 5000
"""Maximum terms of the table: those whose weights and frequency change most."""
DECAY = 2e-4
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
    sentences = read_passages(data)
    held_out = find_held_out(sentences, ())
    train = [one for one in sentences if one.split == "train" and one.text.strip().lower() not in held_out]
    dev = [one for one in sentences if one.split == "dev"]
    change_settings(model, words=None)
    (model / WORDS_FILE).unlink(missing_ok=True)
    network = classify_passages(model, dev)
    weights = fit_weights(train)
    power, table = combine(weights, network, dev)
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


def fit_weights(train: Sequence[LabelledSentence]) -> Table:
    """Fit the weights of terms to the labels of sentences; keep the terms whose weights matter most."""
    terms = [read_terms(one.text) for one in train]
    counts = Counter(term for row in terms for term in row)
    known = sorted(term for term, count in counts.items() if count >= MIN_SENTENCES)
    columns = {term: place for place, term in enumerate(known)}
    numbers = torch.tensor([counts[term] for term in columns], dtype=torch.float64)[:, None]
    rarity = 1 + ((1 + len(train)) / (1 + numbers)).log()
    features, wanted = TermFeatures(terms, columns), stack_labels(train)
    weights = torch.zeros(len(columns), len(EMOTIONS), dtype=torch.float64, requires_grad=True)
    constants = torch.zeros(len(EMOTIONS), dtype=torch.float64, requires_grad=True)
    minimize(
        lambda: compute_entropy(features.sum(rarity * weights) + constants, wanted) + DECAY * weights.square().sum(),
        [weights, constants],
    )
    table = (rarity * weights).detach()
    effect = ((table - table.mean(1, keepdim=True)).square().sum(1) * numbers[:, 0]).tolist()
    chosen = sorted(columns, key=lambda term: (-effect[columns[term]], term))[:MAX_TERMS]
    return {CONSTANT: tuple(constants.tolist())} | {term: tuple(table[columns[term]].tolist()) for term in chosen}


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


def combine(weights: Table, network: ClassifierOutputs, dev: Sequence[LabelledSentence]) -> tuple[float, Table]:
    """Fit the power of the network's probabilities, and scale and shift the weights, to the labels of the dev split."""
    columns = {term: place for place, term in enumerate(one for one in weights if one != CONSTANT)}
    table = torch.tensor([weights[term] for term in columns], dtype=torch.float64)
    scores = TermFeatures([read_terms(one.text) for one in dev], columns).sum(table)
    logs, wanted = torch.tensor(network.probabilities).log(), stack_labels(dev)
    factors = torch.tensor([1.0, 0.5], dtype=torch.float64, requires_grad=True)
    scores = scores + torch.tensor(weights[CONSTANT], dtype=torch.float64)
    minimize(lambda: compute_entropy(factors[0] * logs + factors[1] * scores, wanted), [factors])
    power, scale = factors.tolist()
    power = min(max(power, MIN_POWER), MAX_POWER)
    rows = {
        term: tuple(max(-MAX_WEIGHT, min(MAX_WEIGHT, round(scale * one, 2))) for one in row)
        for term, row in weights.items()
    }
    return round(power, 3), rows


def stack_labels(sentences: Sequence[LabelledSentence]) -> Tensor:
    """Return the soft labels (sentences, 7)."""
    return torch.tensor([soften_labels(one) for one in sentences], dtype=torch.float64)


def compute_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    """Compute the mean cross entropy of soft labels (n, 7)."""
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


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
