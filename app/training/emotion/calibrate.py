"""Calibrate a classifier that reads context: `python -m app.training.emotion.calibrate MODEL DATA`.

All emotions have one temperature (arXiv 1706.04599), which maximizes the likelihood of the dev split's labels. The
output weights of the model itself are divided by it, so that any program that loads MODEL gets calibrated
probabilities; the most probable emotion of a sentence does not change. `config.json` receives the lowest threshold at
which few enough neutral sentences of the dev split are voiced. Both values are printed. The logit of the strength is
stretched around its median over the voiced sentences, as an uncertain network gives nearly the same strength to all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoTokenizer

from app.training.emotion.network import load_network, parse_paths, score
from app.training.emotion.rows import EMOTIONS, make_passage_row, read_passages
from app.types import Emotion

TEMPERATURES = tuple(round(0.5 + 0.02 * place, 2) for place in range(126))
"""0.5 to 3."""
THRESHOLDS = tuple(round(0.2 + 0.01 * place, 2) for place in range(61))
"""0.2 to 0.8."""
MAX_NEUTRAL_VOICED = 0.14
"""Maximum share of neutral sentences that may be voiced as an emotion, however weakly."""
STRENGTH_STRETCH, MEDIAN_LOGIT = 3.0, 0.8
"""Factor of the strength's logit, and the logit that its median becomes (a strength of 0.69): chosen on the dev split
so that false alarms are weak and clear emotions are not."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate the classifier in a folder."""
    options = parse_paths(__doc__, ("model", "data"), arguments)
    temperature, threshold = calibrate(options.model, options.data)
    sys.stdout.write(f"temperature {temperature}, threshold {threshold}\n")


def calibrate(model: Path, data: Path) -> tuple[float, float]:
    """Divide the outputs of a classifier by the best temperature for the dev split, and store the threshold.

    Return both.
    """
    dev = read_passages(data, split="dev")
    network, tokenizer = load_network(model), AutoTokenizer.from_pretrained(model)
    scores = score(network, tokenizer, [make_passage_row(one) for one in dev])
    logits, strength = scores[:, : len(EMOTIONS)], scores[:, len(EMOTIONS)]
    temperature = find_temperature(logits, torch.tensor([EMOTIONS.index(one.label) for one in dev]))
    plain = torch.tensor([one.label is Emotion.NEUTRAL and one.second is None for one in dev])
    probabilities = (logits / temperature).softmax(-1)
    emotional = find_emotional(probabilities)
    threshold = find_threshold(emotional[plain])
    output = find_output(network)
    with torch.no_grad():
        output.weight[: len(EMOTIONS)] /= temperature
        output.bias[: len(EMOTIONS)] /= temperature
        output.weight[len(EMOTIONS)] *= STRENGTH_STRETCH
        output.bias[len(EMOTIONS)] -= compute_median_strength(strength, emotional >= threshold)
        output.bias[len(EMOTIONS)] *= STRENGTH_STRETCH
        output.bias[len(EMOTIONS)] += MEDIAN_LOGIT
    network.config.intone = {**network.config.intone, "threshold": threshold}
    network.half().save_pretrained(model)
    return temperature, threshold


def find_emotional(probabilities: Tensor) -> Tensor:
    """Return the probability of the most probable emotion (n,), 0 if that is neutral."""
    best = probabilities.max(-1)
    return best.values * (best.indices != EMOTIONS.index(Emotion.NEUTRAL))


def find_threshold(neutral: Tensor) -> float:
    """Return the lowest threshold at which few enough neutral sentences are voiced, by their `find_emotional` (n,)."""
    return next((one for one in THRESHOLDS if (neutral >= one).float().mean() <= MAX_NEUTRAL_VOICED), THRESHOLDS[-1])


def compute_median_strength(strength: Tensor, voiced: Tensor) -> Tensor:
    """Return the median of the strength's logits (n,) over the voiced sentences, or over all if none is voiced."""
    return (strength[voiced] if voiced.any() else strength).median()


def find_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature that maximizes the likelihood of labels (n,) under logits (n, 7)."""
    return min(TEMPERATURES, key=lambda value: F.cross_entropy(logits / value, labels).item())


def find_output(network: Any) -> nn.Linear:
    """Return the last layer of a sequence classifier: the classifier itself in BERT, in a head in MPNet and RoBERTa."""
    head = network.classifier
    output: nn.Linear = head if isinstance(head, nn.Linear) else head.out_proj
    return output


if __name__ == "__main__":
    main()
