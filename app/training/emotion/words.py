"""Fit the table of words of a classifier: `python -m app.training.emotion.words MODEL DATA`.

The weights of the terms (`app.emotion.words`) are those of logistic regressions on the train splits, without the
network: one of the emotions for each register, and one of the registers. `config.json` receives the power of the
network's probabilities and the highest threshold at which enough clear emotions of the passages' dev split are voiced
correctly; the network's weights stay unchanged.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from app.emotion.words import (
    CONSTANT,
    MAX_WEIGHT,
    REGISTERS,
    UNIT,
    WIDTH,
    WORDS_FILE,
    read_terms,
    write_words,
)
from app.training.emotion.calibrate import THRESHOLDS
from app.training.emotion.network import parse_paths
from app.training.emotion.passages import ClassifierOutputs, classify_passages, count_voiced
from app.training.emotion.rows import (
    PASSAGES,
    LabelledSentence,
    TrainingRow,
    read_examples,
    read_passages,
    select_rows,
)

POWER, SCALES = 0.65, (0.5, 0.6, 0.6)
"""Power of the network's probabilities, and factor of the weights for the emotions of each of `REGISTERS`. They were
chosen on the dev splits and by cross-validation over passages that the shipped network has not learned."""
SOURCES = (PASSAGES, "goemotions", "xed")
"""Source of each of `REGISTERS`."""
SOURCE_WEIGHTS: tuple[Mapping[str, float], ...] = ({PASSAGES: 1.0}, {"goemotions": 1.0}, {"xed": 1.0, PASSAGES: 0.5})
"""Weight of all sentences of a source together in the regression of each register. The lines of subtitles are few, and
labelled without their scene, so that the passages help."""
MIN_SENTENCES = 3
"""Minimum sentences in which a term occurs."""
NAME_RATIO = 5
"""How many times as often as in lower case a name has a capital within a sentence."""
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+")
LOWER_CASE_WORD = re.compile(r"\b[a-z]+")
PLACEHOLDER = re.compile(r"\[[A-Z]+\]")
"""What GoEmotions has instead of names."""
MAX_TERMS = 20_000
"""Maximum terms of the table: those whose weights and frequency change most."""
DECAY = 1e-4
"""Weight of the squared weights in the loss of a regression."""
STEPS = 60
"""Maximum steps of a fit."""
MIN_CLEAR_VOICED = 0.55
"""Minimum share of the dev split's clear emotions that are voiced correctly."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and write the table of a classifier."""
    options = parse_paths(__doc__, ("model", "data"), arguments)
    sys.stdout.write(json.dumps(fit_words(options.model, options.data)) + "\n")


def fit_words(model: Path, data: Path) -> dict[str, float]:
    """Write the table and the settings of a classifier; return the settings."""
    sentences, examples = read_passages(data), read_examples(data)
    table = fit_table(select_rows(sentences, examples))
    write_words(model / WORDS_FILE, table)
    change_settings(model, words=POWER)
    dev = [one for one in sentences if one.split == "dev"]
    threshold = choose_threshold(dev, classify_passages(model, dev))
    change_settings(model, threshold=threshold)
    return {"terms": len(table), "words": POWER, "threshold": threshold}


def change_settings(model: Path, **changes: float) -> None:
    """Set settings of Intone in the config.json of a classifier."""
    path = model / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    settings = {**config.get("intone", {}), **changes}
    config["intone"] = {name: settings[name] for name in sorted(settings)}
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def fit_table(train: Sequence[TrainingRow]) -> dict[str, tuple[int, ...]]:
    """Fit the weights of terms to the labels and the sources of sentences; keep the terms that matter most."""
    corpus = Corpus(train)
    table = torch.zeros(1 + len(corpus.terms), len(REGISTERS), WIDTH)
    every, sources = dict.fromkeys(SOURCES, 1.0), functional.one_hot(corpus.sources, len(SOURCES)).float()
    table[:, :, 0], effects = corpus.fit(every, sources)
    for place, (weights, scale) in enumerate(zip(SOURCE_WEIGHTS, SCALES, strict=True)):
        found, effect = corpus.fit(weights, torch.tensor([one.shares for one in train]), place)
        table[:, place, 1:] = scale * found
        effects = effects + effect
    chosen = sorted(range(len(effects)), key=lambda place: (-float(effects[place]), place))[:MAX_TERMS]
    rows = (UNIT * table[[0, *(1 + place for place in chosen)]]).round().clamp(-MAX_WEIGHT, MAX_WEIGHT).int().flatten(1)
    return dict(zip([CONSTANT, *(corpus.terms[place] for place in chosen)], map(tuple, rows.tolist()), strict=True))


class Corpus:
    """Sentences and the terms that the table may have: those of enough sentences, without a name."""

    def __init__(self, train: Sequence[TrainingRow]) -> None:
        self.train = train
        self.sources = torch.tensor([SOURCES.index(one.source) for one in train])
        """Place of each sentence's source in `SOURCES`."""
        texts = [PLACEHOLDER.sub("", one.text) for one in train]
        self.terms_of = [read_terms(text) for text in texts]
        self.places = find_known(self.terms_of, find_names(texts))
        self.terms = list(self.places)

    def fit(self, weights: Mapping[str, float], wanted: Tensor, register: int | None = None) -> tuple[Tensor, Tensor]:
        """Fit a logistic regression to the shares of classes (sentences, n) on the sources that have a weight.

        With a register, each source has its own constants, as the shares of its emotions are its own. Return the
        register's constants and the weights of all terms (1 + terms, n), and how much each term matters (terms,).
        """
        used = [place for place, one in enumerate(self.train) if one.source in weights]
        features = TermFeatures([self.terms_of[place] for place in used], self.places)
        sources = self.sources[used] if register is not None else torch.zeros(len(used), dtype=torch.long)
        shares = weigh([self.train[place] for place in used], weights)
        found, constants = fit_weights(features, wanted[used], sources, shares)
        effects = (found - found.mean(1, keepdim=True)).square().sum(1) * features.frequencies / len(used)
        return torch.cat([constants[register or 0][None], found]), effects


def find_names(texts: Sequence[str]) -> set[str]:
    """Return the words, in lower case, that have a capital within sentences far more often than none."""
    names = Counter(word.lower() for text in texts for word in NAME.findall(text))
    others = Counter(word for text in texts for word in LOWER_CASE_WORD.findall(text))
    return {word for word, count in names.items() if count > NAME_RATIO * others[word]}


def find_known(terms: Sequence[set[str]], names: set[str]) -> dict[str, int]:
    """Return the places of the sorted terms of enough sentences that have no name in them."""
    counts = Counter(term for row in terms for term in row)
    known = (term for term, count in counts.items() if count >= MIN_SENTENCES and names.isdisjoint(term.split()))
    return {term: place for place, term in enumerate(sorted(known))}


def weigh(rows: Sequence[TrainingRow], weights: Mapping[str, float]) -> Tensor:
    """Return the weight of each sentence (n,): its source's, divided by the number of its sentences; the sum is 1."""
    counts = Counter(one.source for one in rows)
    shares = torch.tensor([weights[one.source] / counts[one.source] for one in rows])
    return shares / shares.sum()


class TermFeatures:
    """Sparse matrix (sentences, terms) of the known terms, weighted by their rarity.

    Each row is divided by the root of the number of all terms of the sentence.
    """

    def __init__(self, terms: Sequence[set[str]], columns: Mapping[str, int]) -> None:
        rows = [sorted(columns[term] for term in row if term in columns) for row in terms]
        places, lengths = torch.tensor([place for row in rows for place in row]), torch.tensor([*map(len, rows)])
        scales = torch.tensor([len(row) ** -0.5 for row in terms]).repeat_interleave(lengths)
        self.frequencies = places.bincount(minlength=len(columns))
        self.rarity = 1 + ((1 + len(rows)) / (1 + self.frequencies)).log()
        indices = torch.stack([torch.arange(len(rows)).repeat_interleave(lengths), places])
        values, shape = scales * self.rarity[places], (len(rows), len(columns))
        self.matrix = torch.sparse_coo_tensor(indices, values, shape, check_invariants=False).coalesce()


def fit_weights(features: TermFeatures, wanted: Tensor, sources: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a logistic regression to the shares (sentences, n) of classes.

    `sources` (sentences,) are places in `SOURCES`, each of which has its own constants; `shares` (sentences,) are the
    weights of the sentences. Return the weights of the terms (terms, n) and the constants (sources, n).
    """
    weights = torch.zeros(len(features.frequencies), wanted.shape[1], requires_grad=True)
    constants = torch.zeros(len(SOURCES), wanted.shape[1], requires_grad=True)

    def compute_loss() -> Tensor:
        logits = features.matrix @ weights + constants[sources]
        return -(wanted * logits.log_softmax(1)).sum(1) @ shares + DECAY * weights.square().sum()

    minimize(compute_loss, [weights, constants])
    return (features.rarity[:, None] * weights).detach(), constants.detach()


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
