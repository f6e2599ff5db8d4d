"""Run `intone voices`: list the installed voices or check that they speak."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from app.cli.flags import find_voices, settings
from app.cli.output import show_rows, write_json
from app.cli.parser import UsageError
from app.settings import Settings
from app.types import Emotion, SpeechRequest
from app.voices import Registry
from app.voices.serialize import voice_to_dict

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

CHECK_TEXT = "The quick brown fox jumps over the lazy dog."
MIN_PEAK = 0.01
"""Minimum peak of a sentence's samples (full scale is 1) to count as speech."""


@dataclass(frozen=True, slots=True)
class Check:
    """Result of testing one emotion of a voice."""

    voice: str
    emotion: str
    seconds: float = 0.0
    """Duration of the audio."""
    real_time_factor: float = 0.0
    """Seconds of computing per second of audio; lower is better."""
    level_db: float = 0.0
    """Root mean square of the audio, in decibels relative to full scale."""
    problem: str = ""
    """Reason of the failure; empty if the emotion was spoken."""
    warnings: tuple[str, ...] = ()
    """Distinct codes of the plan's warnings."""


def speak(pipeline: Pipeline, voice: str, emotion: Emotion) -> Check:
    """Speak one sentence; any exception becomes part of the result, so that the other voices are checked too."""
    import numpy as np

    began = time.perf_counter()
    try:
        speech = pipeline.synthesize(SpeechRequest(CHECK_TEXT, voice=voice, emotion=emotion, seed=0))
    except Exception as error:
        return Check(voice, emotion.value, problem=f"{type(error).__name__}: {error}")
    spent = time.perf_counter() - began
    if np.abs(speech.samples).max(initial=0) <= MIN_PEAK:
        reasons = "; ".join(warning.detail for warning in speech.plan.warnings)
        return Check(voice, emotion.value, problem=f"nothing can be heard{reasons and ': '}{reasons}")
    codes = tuple(dict.fromkeys(warning.code for warning in speech.plan.warnings))
    factor = round(spent / speech.duration, 3)
    level = round(10 * float(np.log10(np.mean(np.square(speech.samples, dtype=np.float64)))), 1)
    return Check(voice, emotion.value, round(speech.duration, 3), factor, level, warnings=codes)


def show_checks(checks: Sequence[Check]) -> None:
    """Print a table of check results."""
    rows = [
        (
            *(one.voice, one.emotion, f"{one.seconds:.2f}", f"{one.real_time_factor:.3f}", f"{one.level_db:.1f}"),
            one.problem or ", ".join(["ok", *one.warnings]),
        )
        for one in checks
    ]
    show_rows(("voice", "emotion", "seconds", "real-time factor", "dB", ""), rows)


def run(options: argparse.Namespace) -> int:
    """List the voices, check them, add one or convert its weights; return 1 if a check failed."""
    if options.action and (options.check or options.json):
        hint = f"Leave them out with {options.action}."
        raise UsageError("--check and --json are about the installed voices.", hint=hint)
    if options.action == "add":
        from app.cli.add_voice import add_voice

        return add_voice(options)
    if options.action == "convert":
        from app.cli.convert_voice import convert_voice

        return convert_voice(options)
    registry, checks = _check(settings()) if options.check else (find_voices(settings()), [])
    voices = [voice_to_dict(voice) for voice in registry.voices.values()]
    if options.json:
        write_json([asdict(check) for check in checks] if options.check else voices)
    elif options.check:
        show_checks(checks)
    else:
        header = ("voice", "locale", "gender", "Hz", "license", "emotions")
        facts = ((one["name"], one["locale"], one["gender"], str(one["sample_rate"]), one["license"]) for one in voices)
        show_rows(header, ((*row, " ".join(one["emotions"])) for row, one in zip(facts, voices, strict=True)))
    for problem in registry.problems.values():
        sys.stderr.write(f"intone: {problem}\n")
    return 1 if options.check and (registry.problems or any(check.problem for check in checks)) else 0


def _check(settings: Settings) -> tuple[Registry, list[Check]]:
    """Load all voices and speak with each of their emotions."""
    from app.synthesis.pipeline import Pipeline

    pipeline = Pipeline.load(settings)
    voices = pipeline.registry.voices.values()
    return pipeline.registry, [
        speak(pipeline, one.name, emotion) for one in voices for emotion in one.manifest.emotions
    ]
