"""What answers hold: types that the code is checked against, and that the API reference is made from."""

from __future__ import annotations

from app.api.answers.errors import FieldProblem, OpenAiError, OpenAiProblem, Problem
from app.api.answers.events import AudioDelta, AudioDone, Usage
from app.api.answers.models import AudioModels, AudioVoices, Model, Models, Named
from app.api.answers.plan import Analyzed, Classifier, Mark, Plan, TimedSpeech, Utterance, Warning, Word
from app.api.answers.states import Alive, Ready
from app.api.answers.voices import Checkpoint, SsmlAttribute, SsmlElement, SsmlTable, Voice, Voices

__all__ = [
    "Alive",
    "Analyzed",
    "AudioDelta",
    "AudioDone",
    "AudioModels",
    "AudioVoices",
    "Checkpoint",
    "Classifier",
    "FieldProblem",
    "Mark",
    "Model",
    "Models",
    "Named",
    "OpenAiError",
    "OpenAiProblem",
    "Plan",
    "Problem",
    "Ready",
    "SsmlAttribute",
    "SsmlElement",
    "SsmlTable",
    "TimedSpeech",
    "Usage",
    "Utterance",
    "Voice",
    "Voices",
    "Warning",
    "Word",
]
