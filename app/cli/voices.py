"""Run `intone voices`: list the installed voices, check that they speak, or convert their weights to safetensors."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from app.audio.files import open_output
from app.cli.flags import find_voices, settings
from app.cli.output import show_rows, write_json
from app.cli.parser import UsageError
from app.settings import Settings
from app.types import Emotion, SpeechRequest
from app.voices import Registry
from app.voices.discover import SAFETENSORS, WEIGHT_EXTENSIONS, strip_extension
from app.voices.manifest import FILE_NAME, read_manifest
from app.voices.serialize import voice_to_dict
from app.voices.voice import open_voice

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


PICKLED = tuple(extension for extension in WEIGHT_EXTENSIONS if extension.startswith(".p"))
"""Extensions of files that torch writes."""
UNUSED = ("model_d.", "disc.", "speaker_encoder.")
"""Weights that only training needs."""


def convert_voice(options: argparse.Namespace) -> int:
    """Convert a file, or all weights of a voice, whose voice.json then names the new files; the old ones stay."""
    path: Path = options.path
    if path.is_file():
        if not path.name.endswith(PICKLED):
            raise UsageError(f"{path} is no {' or '.join(PICKLED)} file.")
        print_conversion(path, convert_file(path))
        return 0
    if not (path / FILE_NAME).is_file():
        raise UsageError(f"There is no {path / FILE_NAME}.", hint=f"Write it first: intone voices add {path}")
    open_voice(path)
    values = read_manifest(path).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    parts = [part for kind in ("checkpoints", "vocoders") for part in values.get(kind, {}).values()]
    converted: dict[str, Path] = {}
    for part in (one for one in parts if one["model"].endswith(PICKLED)):
        old = path / part["model"]
        if part["model"] not in converted:
            converted[part["model"]] = convert_file(old)
            print_conversion(old, converted[part["model"]])
        new = converted[part["model"]]
        part["model"] = new.relative_to(path).as_posix()
        part["sha256"] = hashlib.sha256(new.read_bytes()).hexdigest()
    if not converted:
        sys.stdout.write(f"{path}: all weights are safetensors already.\n")
        return 0
    with open_output(path / FILE_NAME) as file:
        file.write(f"{json.dumps(values, indent=1, ensure_ascii=False)}\n".encode())
    open_voice(path)
    sys.stdout.write(f"{path / FILE_NAME} names the new files; the old ones can be deleted.\n")
    return 0


def convert_file(path: Path) -> Path:
    """Write the weights of a file of torch next to it, without those that only training needs; return the new path.

    A Tacotron's frames per decoder step, which training may change, become metadata.
    """
    from safetensors.torch import save

    from app.synthesis.coqui import load_weights

    state: dict[str, Any] = load_weights(path)
    weights = {
        name: value.detach().contiguous().clone()
        for name, value in state["model"].items()
        if not name.startswith(UNUSED)
    }
    saved = state.get("config")
    frames = state.get("r") or (saved.get("r") if isinstance(saved, Mapping) else None)
    metadata = {"r": str(frames)} if isinstance(frames, int) else None
    new = path.with_name(strip_extension(PurePosixPath(path.name)) + SAFETENSORS)
    if new.exists():
        raise UsageError(f"{new} exists already.", hint="Move it to another folder first.")
    with open_output(new) as file:
        file.write(save(weights, metadata))
    return new


def print_conversion(old: Path, new: Path) -> None:
    """Print what was written, and how large it is."""
    sizes = " to ".join(f"{path.stat().st_size / 1e6:.1f} MB" for path in (old, new))
    sys.stdout.write(f"{old} -> {new} ({sizes})\n")
