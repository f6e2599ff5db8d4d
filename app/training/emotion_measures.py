"""What a classifier is worth, and from which probability on an emotion is voiced.

GoEmotions as in its paper (arXiv 2005.00547): multi-label over Ekman's six and neutral, macro-F1 on the test split;
probabilities by softmax, one threshold a class, tuned for F1 on the dev split. The threshold from which an emotion is
voiced comes from the dev splits alone: the lowest at which at most 8 % of the neutral sentences are given an emotion.
It is stored in the model's `config.json`. At what is stored there, two lists are measured: the test split of XED
(subtitle lines, arXiv 2011.01612) and spoken-style sentences.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.emotion import Classifier
from app.plan import Emotion
from app.training.emotion_data import EMOTIONS, Example, read_examples

FALSE_ALARMS = 0.08
"""Largest share of neutral dev sentences that may be given an emotion."""
THRESHOLDS = np.arange(0.3, 0.96, 0.01)
CLASS_THRESHOLDS = np.arange(0.05, 0.96, 0.01)
VERSION = "1"
Matrix = npt.NDArray[np.float64]


def measure(model: Path, data: Path, spoken: Path | None = None) -> dict[str, object]:
    """All figures of a trained model, at its own threshold."""
    classifier = Classifier.load(model)
    threshold = classifier.settings.threshold
    examples = read_examples(data)
    report: dict[str, object] = {"threshold": threshold, "goemotions": goemotions(classifier, examples)}
    if threshold is not None:
        report["subtitles"] = spoken_style(classifier, subtitles(examples), threshold)
    if spoken and threshold is not None:
        report["spoken"] = spoken_style(classifier, read_spoken(spoken), threshold)
    return report


def subtitles(examples: list[Example]) -> list[tuple[str, Emotion]]:
    """Test sentences of XED with one label: speech, but labelled without its context."""
    held_out = [example for example in examples if example.source == "xed" and example.split == "test"]
    return [(example.text, example.labels[0]) for example in held_out if len(example.labels) == 1]


def matrix(classifier: Classifier, texts: Sequence[str]) -> Matrix:
    """Probabilities (sentences, 7)."""
    return np.array([[one[emotion] for emotion in EMOTIONS] for one in classifier.classify(texts)])


def voicing_threshold(classifier: Classifier, dev: list[Example]) -> float:
    """The lowest threshold at which few enough neutral sentences are given an emotion."""
    neutral = [example.text for example in dev if example.labels == (Emotion.NEUTRAL,)]
    emotional = matrix(classifier, neutral)[:, 1:].max(axis=1)
    allowed = [float(value) for value in THRESHOLDS if (emotional >= value).mean() <= FALSE_ALARMS]
    return round(allowed[0], 2)


def goemotions(classifier: Classifier, examples: list[Example]) -> dict[str, object]:
    """Macro-F1 over the seven on the test split, with class thresholds from the dev split."""
    dev, test = ([e for e in examples if e.source == "goemotions" and e.split == name] for name in ("dev", "test"))
    dev_scores, test_scores = (matrix(classifier, [e.text for e in part]) for part in (dev, test))
    dev_truth, test_truth = (truth(part) for part in (dev, test))
    f1s = {}
    for column, emotion in enumerate(EMOTIONS):
        scored = [f1(dev_scores[:, column] >= value, dev_truth[:, column]) for value in CLASS_THRESHOLDS]
        chosen = CLASS_THRESHOLDS[int(np.argmax(scored))]
        f1s[str(emotion)] = round(f1(test_scores[:, column] >= chosen, test_truth[:, column]), 3)
    return {"sentences": len(test), "macro_f1": round(float(np.mean(list(f1s.values()))), 3), "f1": f1s}


def truth(examples: list[Example]) -> npt.NDArray[np.bool_]:
    """Labels (sentences, 7)."""
    return np.array([[emotion in example.labels for emotion in EMOTIONS] for example in examples])


def f1(predicted: npt.NDArray[np.bool_], actual: npt.NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall."""
    hits = int((predicted & actual).sum())
    return 2 * hits / max(1, int(predicted.sum()) + int(actual.sum()))


def read_spoken(path: Path) -> list[tuple[str, Emotion]]:
    """A list of sentences, each with one label: text, tab, emotion."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(text, Emotion(label)) for text, label in rows]


def spoken_style(classifier: Classifier, rows: list[tuple[str, Emotion]], threshold: float) -> dict[str, object]:
    """False alarms on neutral sentences, and how often an emotional sentence that is voiced is voiced rightly."""
    heard = []
    for scores in matrix(classifier, [text for text, _ in rows]):
        best = int(scores.argmax())
        heard.append(EMOTIONS[best] if scores[best] >= threshold else Emotion.NEUTRAL)
    neutral = [got for got, (_, label) in zip(heard, rows, strict=True) if label is Emotion.NEUTRAL]
    emotional = [(label, got) for got, (_, label) in zip(heard, rows, strict=True) if label is not Emotion.NEUTRAL]
    voiced = [(label, got) for label, got in emotional if got is not Emotion.NEUTRAL]
    confusion = Counter(f"{label} heard as {got}" for label, got in emotional if label is not got)
    return {
        "neutral_sentences": len(neutral),
        "false_alarms": round(sum(got is not Emotion.NEUTRAL for got in neutral) / len(neutral), 3),
        "emotional_sentences": len(emotional),
        "voiced": round(len(voiced) / len(emotional), 3),
        "voiced_rightly": round(sum(label is got for label, got in voiced) / len(voiced), 3),
        "confusion": dict(confusion.most_common()),
    }


def store_threshold(model: Path, threshold: float) -> None:
    """Store the threshold where the classifier finds it."""
    path = model / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["intone"] = {"version": VERSION, "threshold": threshold}
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
