"""Classify the emotions of sentences: the classifier and its labels."""

from app.emotion.classifier import Classifier, read_excerpts
from app.emotion.taxonomy import (
    ALIASES,
    AUTO,
    find_word_emotion,
    map_labels,
    parse_emotion,
    parse_emotion_spec,
    read_label_map,
)

__all__ = [
    "ALIASES",
    "AUTO",
    "Classifier",
    "find_word_emotion",
    "map_labels",
    "parse_emotion",
    "parse_emotion_spec",
    "read_excerpts",
    "read_label_map",
]
