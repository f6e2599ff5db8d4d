"""Measurements with known values, and evaluators that need no packages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.evaluation.emotion_judge import read_facts
from app.evaluation.listening import Evaluators, Measurement
from app.evaluation.manner import AcousticMeasures
from app.evaluation.recordings import Recording

SAMPLES = (0.3 * np.sin(2 * np.pi * 220 * np.arange(8000) / 16000)).astype(np.float32)
"""Half a second at 16 kHz."""


class FakeEvaluators(Evaluators):
    """Evaluators that understand every recording as "Hello." and rate all recordings alike."""

    def __init__(self) -> None:
        """Load nothing."""

    def transcribe(self, sound: npt.NDArray[np.float32]) -> str:
        return "Hello."

    def count_word_errors(self, text: str, understood: str) -> int:
        return 1

    def predict_opinion(self, speech: npt.NDArray[np.float32]) -> float:
        return 4.0


def make_measurement(
    group: str = "neutral", text: str = "Hello there.", computing_seconds: float | None = 0.05, **measures: Any
) -> Measurement:
    """Return a measurement of ten words without errors at a real-time factor of 0.1, changed by `measures`."""
    manner = {name: measures.pop(name) for name in AcousticMeasures.__slots__ if name in measures}
    return replace(
        Measurement(
            Recording(group, text, SAMPLES, 16000, computing_seconds),
            understood=text,
            words=10,
            errors=0,
            mos=4.0,
            manner=replace(AcousticMeasures(pitch=12, pitch_range=5, rate=4, level=-20, tilt=-9), **manner),
            prosody=dict.fromkeys(read_facts().features, 1.0),
        ),
        **measures,
    )
