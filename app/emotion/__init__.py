"""Sentences -> emotions: the labels, the classifier and the planner."""

from app.emotion.classifier import Classifier
from app.emotion.deciding import decide, decide_again, pinned
from app.emotion.planner import FASTEST, PlannedSentence, Planner
from app.emotion.taxonomy import ALIASES, map_labels, named_emotions, parse_emotion, parse_feeling, read_label_map

__all__ = [
    "ALIASES",
    "FASTEST",
    "Classifier",
    "PlannedSentence",
    "Planner",
    "decide",
    "decide_again",
    "map_labels",
    "named_emotions",
    "parse_emotion",
    "parse_feeling",
    "pinned",
    "read_label_map",
]
