"""Calibrate a classifier that reads context: `python -m app.training.emotion_calibrate MODEL DATA`.

One temperature for all emotions (arXiv 1706.04599), the one with which the labels of the dev split are most likely. The
outputs are divided by it in the model's own weights, so that whoever loads MODEL has calibrated probabilities; the most
probable emotion of a sentence stays. The temperature is printed.
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

from app.training.emotion_data import EMOTIONS
from app.training.emotion_network import load_network, score
from app.training.emotion_rows import make_passage_row
from app.training.passages import read_passages

TEMPERATURES = tuple(round(0.5 + 0.02 * place, 2) for place in range(126))
"""0.5 to 3."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate the classifier in a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    sys.stdout.write(f"temperature {calibrate(options.model, options.data)}\n")


def calibrate(model: Path, data: Path) -> float:
    """Divide the outputs of a classifier by the temperature that suits the dev split best, and return it."""
    dev = [one for one in read_passages(data) if one.split == "dev"]
    network, tokenizer = load_network(model), AutoTokenizer.from_pretrained(model)
    logits = score(network, tokenizer, [make_passage_row(one) for one in dev])[:, : len(EMOTIONS)]
    temperature = find_temperature(logits, torch.tensor([EMOTIONS.index(one.label) for one in dev]))
    output = find_output(network)
    with torch.no_grad():
        output.weight[: len(EMOTIONS)] /= temperature
        output.bias[: len(EMOTIONS)] /= temperature
    network.half().save_pretrained(model)
    return temperature


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
