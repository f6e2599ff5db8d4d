"""Calibrate a classifier that reads context: `python -m app.training.emotion.calibrate MODEL DATA`.

All emotions have one temperature (arXiv 1706.04599), which maximizes the likelihood of the dev split's labels. The
output weights of the model itself are divided by it, so that any program that loads MODEL gets calibrated
probabilities; the most probable emotion of a sentence does not change. `config.json` receives the lowest threshold at
which few enough neutral sentences of the dev split are voiced. Both values are printed. The logit of the strength is
stretched around its median over the voiced sentences, as an uncertain network gives nearly the same strength to all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoTokenizer

from app.emotion import Classifier
from app.training.emotion.rows import (
    EMOTIONS,
    Example,
    load_network,
    make_passage_row,
    read_examples,
    read_passages,
    score,
)
from app.types import Emotion

MAX_FALSE_ALARMS = 0.08
"""Maximum share of neutral dev sentences that may be voiced as an emotion."""
VOICING_THRESHOLDS = np.arange(0.3, 0.96, 0.01)
CLASS_THRESHOLDS = np.arange(0.05, 0.96, 0.01)
VERSION = "1"
Matrix = npt.NDArray[np.float64]


def measure(model: Path, data: Path, spoken: Path | None = None) -> dict[str, object]:
    """Compute all figures of a trained model, at its own threshold."""
    classifier = Classifier.load(model)
    threshold = classifier.settings.threshold
    examples = read_examples(data)
    report: dict[str, object] = {"threshold": threshold, "goemotions": measure_goemotions(classifier, examples)}
    if threshold is not None:
        report["subtitles"] = measure_voicing(classifier, select_subtitles(examples), threshold)
    if spoken and threshold is not None:
        report["spoken"] = measure_voicing(classifier, read_spoken(spoken), threshold)
    return report


def select_subtitles(examples: list[Example]) -> list[tuple[str, Emotion]]:
    """Return the test sentences of XED with one label: speech, but labelled without its context."""
    held_out = [example for example in examples if example.source == "xed" and example.split == "test"]
    return [(example.text, example.labels[0]) for example in held_out if len(example.labels) == 1]


def compute_probabilities(classifier: Classifier, texts: Sequence[str]) -> Matrix:
    """Compute the probabilities (sentences, 7)."""
    return np.array([[one[emotion] for emotion in EMOTIONS] for one in classifier.classify(texts)])


def find_voicing_threshold(classifier: Classifier, dev: list[Example]) -> float:
    """Return the lowest threshold at which few enough neutral sentences are voiced as an emotion."""
    neutral = [example.text for example in dev if example.labels == (Emotion.NEUTRAL,)]
    emotional = compute_probabilities(classifier, neutral)[:, 1:].max(axis=1)
    allowed = [float(value) for value in VOICING_THRESHOLDS if (emotional >= value).mean() <= MAX_FALSE_ALARMS]
    return round(allowed[0], 2)


def measure_goemotions(classifier: Classifier, examples: list[Example]) -> dict[str, object]:
    """Compute the macro-F1 over the seven emotions on the test split, with class thresholds from the dev split."""
    dev, test = ([e for e in examples if e.source == "goemotions" and e.split == name] for name in ("dev", "test"))
    dev_scores, test_scores = (compute_probabilities(classifier, [e.text for e in part]) for part in (dev, test))
    dev_truth, test_truth = (make_label_matrix(part) for part in (dev, test))
    f1s = {}
    for column, emotion in enumerate(EMOTIONS):
        scored = [f1_score(dev_scores[:, column] >= value, dev_truth[:, column]) for value in CLASS_THRESHOLDS]
        chosen = CLASS_THRESHOLDS[int(np.argmax(scored))]
        f1s[str(emotion)] = round(f1_score(test_scores[:, column] >= chosen, test_truth[:, column]), 3)
    return {"sentences": len(test), "macro_f1": round(float(np.mean(list(f1s.values()))), 3), "f1": f1s}


def make_label_matrix(examples: list[Example]) -> npt.NDArray[np.bool_]:
    """Return the labels (sentences, 7)."""
    return np.array([[emotion in example.labels for emotion in EMOTIONS] for example in examples])


def f1_score(predicted: npt.NDArray[np.bool_], actual: npt.NDArray[np.bool_]) -> float:
    """Compute the harmonic mean of precision and recall."""
    hits = int((predicted & actual).sum())
    return 2 * hits / max(1, int(predicted.sum()) + int(actual.sum()))


def read_spoken(path: Path) -> list[tuple[str, Emotion]]:
    """Read sentences with one label each: text, tab, emotion."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(text, Emotion(label)) for text, label in rows]


def measure_voicing(classifier: Classifier, rows: list[tuple[str, Emotion]], threshold: float) -> dict[str, object]:
    """Compute the false alarms on neutral sentences, and how often voiced emotional sentences are voiced correctly."""
    predictions = []
    for scores in compute_probabilities(classifier, [text for text, _ in rows]):
        best = int(scores.argmax())
        predictions.append(EMOTIONS[best] if scores[best] >= threshold else Emotion.NEUTRAL)
    neutral = [prediction for prediction, (_, label) in zip(predictions, rows, strict=True) if label is Emotion.NEUTRAL]
    emotional = [
        (label, prediction)
        for prediction, (_, label) in zip(predictions, rows, strict=True)
        if label is not Emotion.NEUTRAL
    ]
    voiced = [(label, prediction) for label, prediction in emotional if prediction is not Emotion.NEUTRAL]
    confusion = Counter(f"{label} heard as {prediction}" for label, prediction in emotional if label is not prediction)
    return {
        "neutral_sentences": len(neutral),
        "false_alarms": round(sum(prediction is not Emotion.NEUTRAL for prediction in neutral) / len(neutral), 3),
        "emotional_sentences": len(emotional),
        "voiced": round(len(voiced) / len(emotional), 3),
        "voiced_rightly": round(sum(label is prediction for label, prediction in voiced) / len(voiced), 3),
        "confusion": dict(confusion.most_common()),
    }


def store_threshold(model: Path, threshold: float) -> None:
    """Store the threshold in the classifier's `config.json`."""
    path = model / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["intone"] = {"version": VERSION, "threshold": threshold}
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


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
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    temperature, threshold = calibrate(options.model, options.data)
    sys.stdout.write(f"temperature {temperature}, threshold {threshold}\n")


def calibrate(model: Path, data: Path) -> tuple[float, float]:
    """Divide the outputs of a classifier by the best temperature for the dev split, and store the threshold.

    Return both.
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
