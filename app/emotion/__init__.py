"""Classify the emotions of sentences: labels, classifier and planner."""

from app.emotion.classifier import Classifier, read_excerpts
from app.emotion.taxonomy import ALIASES, map_labels, named_emotions, parse_emotion, parse_emotion_spec, read_label_map
from app.planning.decide import Expression, decide, decide_again, pinned
from app.planning.planner import FASTEST, PlannedSentence, Planner

__all__ = [
    "ALIASES",
    "FASTEST",
    "Classifier",
    "Expression",
    "PlannedSentence",
    "Planner",
    "decide",
    "decide_again",
    "map_labels",
    "named_emotions",
    "parse_emotion",
    "parse_emotion_spec",
    "pinned",
    "read_excerpts",
    "read_label_map",
]
