"""Sentences -> emotions: the labels, the classifier and the planner."""

from app.emotion.classifier import Classifier
from app.emotion.planner import PlannedSentence, plan_emotions
from app.emotion.taxonomy import ALIASES, map_labels, parse_emotion, read_label_map

__all__ = ["ALIASES", "Classifier", "PlannedSentence", "map_labels", "parse_emotion", "plan_emotions", "read_label_map"]
