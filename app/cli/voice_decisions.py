"""All that is decided about a new voice: what its files do not tell is taken from flags or asked."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count
from pathlib import Path, PurePosixPath

from app.cli.questions import Questions
from app.cli.usage import UsageError
from app.cli.voice_cast import cast_of
from app.cli.voice_files import vocoders_of, weights_of
from app.errors import InvalidVoice
from app.plan import Emotion
from app.voices.casting import Cast
from app.voices.describe import Decisions
from app.voices.discover import Found, Part
from app.voices.manifest import LONGEST_NAME, NAME_PATTERN, read_manifest
from app.voices.naming import voice_name
from app.voices.registry import voice_folders

UNKNOWN = "unknown"
UNNAMED = "voice"


def decide(found: Found, options: argparse.Namespace, installed: Sequence[Path]) -> Decisions:
    """Decide everything; raises `UsageError` for a wrong flag or a question that nobody can answer."""
    questions = Questions(options.yes)
    cast = cast_of(found, options.emotion, questions)
    checkpoints = list(dict.fromkeys(one.part for one in cast.values()))
    vocoders = vocoders_of(checkpoints, found, options.vocoder, questions)
    used = dict.fromkeys([*checkpoints, *vocoders.values()])
    weights = weights_of(used, found, options.weights, questions)
    return Decisions(
        name=name_of(found.folder, options.name, installed, questions),
        license=options.license or questions.ask("Which licence does the voice have?", UNKNOWN, "--license NAME", str),
        cast=cast,
        vocoders=vocoders,
        weights=weights,
        bases=bases_of(found.folder, cast, weights),
    )


def name_of(folder: Path, wanted: str | None, installed: Sequence[Path], questions: Questions) -> str:
    """The voice's name: the wanted one, else the folder's; asked for where that cannot be taken."""
    taken = names_in(installed, folder)
    if wanted is not None:
        return free_name(wanted, taken)
    name = voice_name(folder.resolve().name)
    free = unused(name or UNNAMED, taken)
    if name == free:
        return name
    why = f"There is a voice {name} already" if name else "The folder's name cannot be a voice's"
    question = f"{why}. What is this one called?"
    return questions.ask(question, free, "--name NAME", lambda answer: free_name(answer, taken))


def unused(name: str, taken: Collection[str]) -> str:
    """The name itself where no other voice has it, else with the first number that none has."""
    numbered = (f"{name[: LONGEST_NAME - 4]}-{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each.lower() not in taken)


def names_in(installed: Sequence[Path], folder: Path) -> set[str]:
    """The names of the other voices, in small letters; a voice that cannot be read has none."""
    names = set()
    for other in voice_folders(installed):
        try:
            names |= {read_manifest(other).name.lower()} if other.resolve() != folder.resolve() else set()
        except InvalidVoice:
            continue
    return names


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that the voice may have."""
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > LONGEST_NAME:
        allowed = f"letters, digits, '.', '_' and '-', {LONGEST_NAME} at most, the first a letter or a digit"
        raise UsageError(f"{name!r} cannot be a voice's name.", hint=f"It may have {allowed}.")
    if name.lower() in taken:
        raise UsageError(f"There is a voice {name} already.", hint="Give another --name.")
    return name


def bases_of(folder: Path, cast: Cast, weights: Mapping[Part, PurePosixPath]) -> dict[Part, Part]:
    """The GlowTTS checkpoints that were fine-tuned from neutral's, by their weights; both have the same speakers."""
    from app.speech.coqui import load_weights
    from app.speech.descent import descends

    neutral = cast[Emotion.NEUTRAL].part
    others = {one.part for one in cast.values() if one.part.architecture == "glow_tts"} - {neutral}
    alike = [part for part in others if part.speakers == neutral.speakers]
    if not alike or neutral.architecture != "glow_tts":
        return {}
    base = load_weights(folder / weights[neutral])["model"]
    return {part: neutral for part in alike if descends(load_weights(folder / weights[part])["model"], base)}
