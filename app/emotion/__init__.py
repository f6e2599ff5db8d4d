"""Classify the emotions of sentences: the classifier and its labels."""

from app.emotion.classifier import Classifier, read_excerpts
from app.emotion.taxonomy import ALIASES, find_emotions, map_labels, parse_emotion, parse_emotion_spec, read_label_map

__all__ = [
    "ALIASES",
    "Classifier",
    "find_emotions",
    "map_labels",
    "parse_emotion",
    "parse_emotion_spec",
    "read_excerpts",
    "read_label_map",
]
