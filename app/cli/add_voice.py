"""`intone voices add`: a folder of coqui-tts files becomes a voice, which is described, written and heard."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.flags import settings
from app.cli.usage import UsageError
from app.cli.voice_check import Check, show_checks, speak
from app.errors import IntoneError, InvalidVoice
from app.voices.manifest import FILE_NAME
from app.voices.registry import voice_folders

if TYPE_CHECKING:
    from app.voices import Voice

STAYS = "voice.json stays, so that it can be corrected by hand; or give other answers, and --force."
EXAMPLE = "I am so happy that you are here!"


def add_voice(options: argparse.Namespace) -> int:
    """Look, ask, write, speak, and tell how to go on."""
    folder: Path = options.folder
    check_folder(folder, options.force)
    installed = settings().voices
    from app.cli.voice_decisions import decide
    from app.cli.voice_found import show_found
    from app.voices.describe import hashed, manifest_of
    from app.voices.discover import discover
    from app.voices.fitting import check_complete
    from app.voices.voice import check_voice

    found = discover(folder, read_pth)
    check_complete(found)
    decisions = decide(found, options, installed)
    voice = check_voice(folder, manifest_of(found, decisions))
    show_found(found, voice)
    write_whole(folder / FILE_NAME, json.dumps(hashed(voice), indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(f"\nWrote {folder / FILE_NAME}. Now each emotion speaks a sentence.\n\n")
    sys.stdout.flush()
    hear(voice)
    sys.stdout.write(f"\nNext:\n{next_step(voice, installed)}\n")
    return 0


def check_folder(folder: Path, force: bool) -> None:
    """Refuse what cannot be meant, before anything is loaded."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", hint="Name the one that holds the files of coqui-tts.")
    if (folder / FILE_NAME).exists() and not force:
        raise UsageError(f"{folder} has a {FILE_NAME} already.", hint="Replace it with --force.")


def read_pth(path: Path) -> Mapping[str, Any]:
    """A `.pth` that holds a dict; no code of it is run."""
    from app.speech.coqui import load_weights

    content: Mapping[str, Any] = load_weights(path)["model"]
    return content


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever finds half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def hear(voice: Voice) -> None:
    """Speak a sentence in each emotion; one that cannot be heard is told as `InvalidVoice`."""
    checks = spoken(voice)
    show_checks(checks)
    if silent := [check for check in checks if check.problem]:
        names = ", ".join(check.emotion for check in silent)
        raise InvalidVoice(f"{voice.name} does not speak with {names}: {silent[0].problem}.", hint=STAYS)


def spoken(voice: Voice) -> list[Check]:
    """How each emotion of a voice spoke, as the service would load it."""
    from app.pipeline import Pipeline

    alone = settings(voices=[voice.folder], default_voice=voice.name)
    try:
        pipeline = Pipeline.load(alone)
    except Exception as error:
        # Whatever the files bring the loader to, it is told in one line, like a sentence that fails.
        reason = error.detail if isinstance(error, IntoneError) else f"{type(error).__name__}: {error}"
        raise InvalidVoice(f"{voice.name} cannot be loaded: {reason}", hint=STAYS) from None
    try:
        return [speak(pipeline, voice.name, emotion) for emotion in voice.manifest.emotions]
    finally:
        pipeline.close()


def next_step(voice: Voice, installed: Sequence[Path]) -> str:
    """The command that speaks with the voice."""
    command = f'intone say --voice {voice.name} "{EXAMPLE}"'
    if voice.folder.resolve() in [folder.resolve() for folder in voice_folders(installed)]:
        return command
    folders = os.pathsep.join(str(folder) for folder in [*installed, voice.folder.resolve()])
    return f"INTONE_VOICES={shlex.quote(folders)} {command}"
