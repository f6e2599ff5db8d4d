"""Classify the emotions of sentences: labels, classifier and planner."""

from app.emotion.classifier import Classifier, read_excerpts
from app.emotion.taxonomy import ALIASES, find_emotions, map_labels, parse_emotion, parse_emotion_spec, read_label_map
from app.planning.decide import Expression, decide, decide_again, decide_explicit
from app.planning.planner import MAX_SPEED, PlannedSentence, Planner

__all__ = [
    "ALIASES",
    "MAX_SPEED",
    "Classifier",
    "Expression",
    "PlannedSentence",
    "Planner",
    "decide",
    "decide_again",
    "decide_explicit",
    "find_emotions",
    "map_labels",
    "parse_emotion",
    "parse_emotion_spec",
    "read_excerpts",
    "read_label_map",
]
