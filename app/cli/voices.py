"""`intone voices`: what is installed, and whether it speaks."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from app.api.voice_json import voice_to_dict
from app.cli.flags import settings
from app.plan import Emotion
from app.settings import Settings

if TYPE_CHECKING:
    from app.pipeline import Pipeline
    from app.voices import Registry

CHECK_TEXT = "The quick brown fox jumps over the lazy dog."


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


def run(options: argparse.Namespace) -> int:
    """List the voices or check them; 1 if a check failed."""
    chosen = settings()
    return _check(chosen, options.json) if options.check else _list(chosen, options.json)


def _list(settings: Settings, as_json: bool) -> int:
    from app.voices import Registry

    registry = Registry(settings.voices, settings.default_voice, settings.all_aliases)
    if as_json:
        _write([voice_to_dict(voice) for voice in registry.voices.values()])
    else:
        _show(
            ("voice", "locale", "gender", "Hz", "license", "emotions"),
            [_row(voice_to_dict(voice)) for voice in registry.voices.values()],
        )
    _tell_problems(registry)
    return 0


def _row(voice: dict[str, Any]) -> list[str]:
    facts = [str(voice[key]) for key in ("name", "locale", "gender", "sample_rate", "license")]
    return [*facts, " ".join(voice["emotions"])]


def _tell_problems(registry: Registry) -> None:
    for problem in registry.problems.values():
        sys.stderr.write(f"intone: {problem}\n")


def _check(settings: Settings, as_json: bool) -> int:
    from app.pipeline import Pipeline

    pipeline = Pipeline.load(settings)
    registry = pipeline.registry
    pairs = [(voice.name, emotion) for voice in registry.voices.values() for emotion in voice.manifest.emotions]
    checks = [_speak(pipeline, name, emotion) for name, emotion in pairs]
    if as_json:
        _write([{name: getattr(check, name) for name in Check.__slots__} for check in checks])
    else:
        _show(("voice", "emotion", "seconds", "real-time factor", ""), [_check_row(check) for check in checks])
    _tell_problems(registry)
    return 1 if registry.problems or any(check.problem for check in checks) else 0


def _speak(pipeline: Pipeline, voice: str, emotion: Emotion) -> Check:
    """Speak one sentence; whatever goes wrong is the result, so that the other voices are checked too."""
    import numpy as np

    from app.request import SpeechRequest

    began = time.perf_counter()
    try:
        speech = pipeline.synthesize(SpeechRequest(CHECK_TEXT, voice=voice, emotion=emotion, seed=0))
    except Exception as error:
        return Check(voice, emotion.value, problem=f"{type(error).__name__}: {error}")
    spent = time.perf_counter() - began
    silent = "" if np.abs(speech.samples).max(initial=0) > 0.01 else "nothing can be heard"
    return Check(voice, emotion.value, round(speech.duration, 3), round(spent / speech.duration, 3), silent)


def _check_row(check: Check) -> list[str]:
    return [check.voice, check.emotion, f"{check.seconds:.2f}", f"{check.real_time_factor:.3f}", check.problem or "ok"]


def _write(data: object) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def _show(header: tuple[str, ...], rows: list[list[str]]) -> None:
    table = Table(*header, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)
