"""`intone voices`: what is installed, and whether it speaks."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from app.api.voice_json import voice_to_dict
from app.cli.flags import settings
from app.cli.table import show_rows, write_json
from app.cli.usage import UsageError
from app.cli.voice_check import Check, show_checks, speak
from app.settings import Settings

if TYPE_CHECKING:
    from app.api import answers
    from app.voices import Registry


def run(options: argparse.Namespace) -> int:
    """List the voices, check them or add one; 1 if a check failed."""
    if options.action == "add":
        return _add(options)
    chosen = settings()
    return _check(chosen, options.json) if options.check else _list(chosen, options.json)


def _add(options: argparse.Namespace) -> int:
    if options.check or options.json:
        raise UsageError("--check and --json are about the installed voices.", hint="Leave them out with add.")
    from app.cli.add_voice import add_voice

    return add_voice(options)


def _list(settings: Settings, as_json: bool) -> int:
    from app.voices import Registry

    registry = Registry(settings.voices, settings.default_voice, settings.all_aliases)
    if as_json:
        write_json([voice_to_dict(voice) for voice in registry.voices.values()])
    else:
        show_rows(
            ("voice", "locale", "gender", "Hz", "license", "emotions"),
            [_row(voice_to_dict(voice)) for voice in registry.voices.values()],
        )
    _tell_problems(registry)
    return 0


def _row(voice: answers.Voice) -> list[str]:
    facts = [voice["name"], voice["locale"], voice["gender"], str(voice["sample_rate"]), voice["license"]]
    return [*facts, " ".join(voice["emotions"])]


def _tell_problems(registry: Registry) -> None:
    for problem in registry.problems.values():
        sys.stderr.write(f"intone: {problem}\n")


def _check(settings: Settings, as_json: bool) -> int:
    from app.pipeline import Pipeline

    pipeline = Pipeline.load(settings)
    registry = pipeline.registry
    pairs = [(voice.name, emotion) for voice in registry.voices.values() for emotion in voice.manifest.emotions]
    checks = [speak(pipeline, name, emotion) for name, emotion in pairs]
    if as_json:
        write_json([{name: getattr(check, name) for name in Check.__slots__} for check in checks])
    else:
        show_checks(checks)
    _tell_problems(registry)
    return 1 if registry.problems or any(check.problem for check in checks) else 0
