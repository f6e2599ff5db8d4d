"""Whether voices speak: one sentence in each emotion."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cli.table import show_rows
from app.plan import Emotion

if TYPE_CHECKING:
    from app.pipeline import Pipeline

CHECK_TEXT = "The quick brown fox jumps over the lazy dog."
AUDIBLE = 0.01
"""Largest sample, of 1, below which a sentence is no speech."""


@dataclass(frozen=True, slots=True)
class Check:
    """How one emotion of one voice spoke."""

    voice: str
    emotion: str
    seconds: float = 0.0
    """Length of the speech."""
    real_time_factor: float = 0.0
    """Computing time for a second of speech; lower is better."""
    problem: str = ""
    warnings: tuple[str, ...] = ()
    """Codes of what was done other than asked, each once."""


def speak(pipeline: Pipeline, voice: str, emotion: Emotion) -> Check:
    """Speak one sentence; whatever goes wrong is the result, so that the other voices are checked too."""
    import numpy as np

    from app.request import SpeechRequest

    began = time.perf_counter()
    try:
        speech = pipeline.synthesize(SpeechRequest(CHECK_TEXT, voice=voice, emotion=emotion, seed=0))
    except Exception as error:
        return Check(voice, emotion.value, problem=f"{type(error).__name__}: {error}")
    spent = time.perf_counter() - began
    if np.abs(speech.samples).max(initial=0) <= AUDIBLE:
        reasons = "; ".join(warning.detail for warning in speech.plan.warnings)
        return Check(voice, emotion.value, problem=f"nothing can be heard{reasons and ': '}{reasons}")
    codes = tuple(dict.fromkeys(warning.code for warning in speech.plan.warnings))
    factor = round(spent / speech.duration, 3)
    return Check(voice, emotion.value, round(speech.duration, 3), factor, warnings=codes)


def show_checks(checks: Sequence[Check]) -> None:
    """Print how each of them spoke."""
    show_rows(("voice", "emotion", "seconds", "real-time factor", ""), [_row(check) for check in checks])


def _row(check: Check) -> list[str]:
    outcome = check.problem or ", ".join(["ok", *check.warnings])
    return [check.voice, check.emotion, f"{check.seconds:.2f}", f"{check.real_time_factor:.3f}", outcome]
