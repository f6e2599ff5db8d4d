"""Calibrate a classifier that reads context: `python -m app.training.emotion_calibrate MODEL DATA`.

One temperature for all emotions (arXiv 1706.04599), the one with which the labels of the dev split are most likely. The
outputs are divided by it in the model's own weights, so that whoever loads MODEL has calibrated probabilities; the most
probable emotion of a sentence stays. `config.json` then receives the lowest threshold at which few enough neutral
sentences of the dev split are voiced. Both are printed. The logit of the strength is stretched around its median over
the sentences that are voiced: a network that is not sure gives nearly the same strength to all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoTokenizer

from app.plan import Emotion
from app.training.emotion_data import EMOTIONS
from app.training.emotion_network import load_network, score
from app.training.emotion_rows import make_passage_row
from app.training.passages import read_passages

TEMPERATURES = tuple(round(0.5 + 0.02 * place, 2) for place in range(126))
"""0.5 to 3."""
THRESHOLDS = tuple(round(0.2 + 0.01 * place, 2) for place in range(61))
"""0.2 to 0.8."""
MOST_NEUTRAL_VOICED = 0.14
"""The largest share of the neutral sentences that may be voiced as an emotion, however weakly."""
STRETCH, MEDIAN = 3.0, 0.8
"""The factor of the strength's logit, and the logit that its median becomes (a strength of 0.69): chosen on the dev
split so that false alarms are weak, and clear emotions are not."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate the classifier in a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    temperature, threshold = calibrate(options.model, options.data)
    sys.stdout.write(f"temperature {temperature}, threshold {threshold}\n")


def calibrate(model: Path, data: Path) -> tuple[float, float]:
    """Divide the outputs of a classifier by the temperature that suits the dev split best, and store the threshold.

    Returns both.
    """
    dev = [one for one in read_passages(data) if one.split == "dev"]
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
        output.weight[len(EMOTIONS)] *= STRETCH
        output.bias[len(EMOTIONS)] -= find_middle(strength, emotional >= threshold)
        output.bias[len(EMOTIONS)] *= STRETCH
        output.bias[len(EMOTIONS)] += MEDIAN
    network.config.intone = {**network.config.intone, "threshold": threshold}
    network.half().save_pretrained(model)
    return temperature, threshold


def find_emotional(probabilities: Tensor) -> Tensor:
    """Find how probable the most probable emotion is (n,), 0 if that is neutral."""
    best = probabilities.max(-1)
    return best.values * (best.indices != EMOTIONS.index(Emotion.NEUTRAL))


def find_threshold(neutral: Tensor) -> float:
    """Find the lowest threshold at which few enough neutral sentences are voiced, by `find_emotional` of them (n,)."""
    return next((one for one in THRESHOLDS if (neutral >= one).float().mean() <= MOST_NEUTRAL_VOICED), THRESHOLDS[-1])


def find_middle(strength: Tensor, voiced: Tensor) -> Tensor:
    """Find the median of the logits of the strength (n,) over the sentences that are voiced, or all if none is."""
    return (strength[voiced] if voiced.any() else strength).median()


def find_temperature(logits: Tensor, labels: Tensor) -> float:
    """Find the temperature with which labels (n,) are most likely by logits (n, 7)."""
    return min(TEMPERATURES, key=lambda value: F.cross_entropy(logits / value, labels).item())


def find_output(network: Any) -> nn.Linear:
    """Find the last layer of a sequence classifier: BERT has it alone, MPNet and RoBERTa inside a head."""
    head = network.classifier
    output: nn.Linear = head if isinstance(head, nn.Linear) else head.out_proj
    return output


if __name__ == "__main__":
    main()
