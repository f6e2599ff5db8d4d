"""Every command in a few words, with examples that work; imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from app.cli import arguments


@dataclass(frozen=True, slots=True)
class Command:
    """What `--help` and the reference say of a command."""

    summary: str
    """A few words, for the list of all."""
    description: str
    add: Callable[[argparse.ArgumentParser], None]
    """Adds what it takes."""
    examples: tuple[str, ...]
    """Lines for a shell."""


def settings_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `serve`, made from the settings, whose packages take their time to load."""
    from app.cli.flags import add_flags, secrets_help

    add_flags(parser)
    parser.description = f"{parser.description} {secrets_help()}"


COMMANDS = {
    "serve": Command(
        "the service",
        "Serve speech over HTTP.",
        settings_arguments,
        (
            "intone serve --port 8080",
            "INTONE_API_KEYS=alice=$(openssl rand -hex 32) intone serve --host 0.0.0.0",
        ),
    ),
    "say": Command(
        "speak a text",
        "Speak a text and show its plan.",
        arguments.say_arguments,
        (
            """intone say "We won! I can't believe it.\"""",
            'intone say --emotion joy:0.6,surprise:0.4 --degree 1.3 "The parcel came." -o parcel.wav',
            "intone say --ssml story.xml -o story.mp3",
            "intone say book.txt -o book.flac",
        ),
    ),
    "analyze": Command(
        "the plan of a text",
        "Show the plan of a text.",
        arguments.analyze_arguments,
        ('intone analyze "Get out of my house, right now!"', "intone analyze story.txt --json"),
    ),
    "voices": Command(
        "what can speak",
        "List the installed voices.",
        arguments.voices_arguments,
        ("intone voices", "intone voices --check"),
    ),
    "voices add": Command(
        "a folder of coqui-tts files",
        "Write the voice.json of a folder of coqui-tts files, and hear whether it speaks.",
        arguments.voice_arguments,
        (
            "intone voices add my-voice",
            "intone voices add my-voice --emotion p225=joy --vocoder hifigan --license MIT --yes",
        ),
    ),
    "train": Command(
        "a voice from recordings",
        "Check a folder of recordings laid out as LJSpeech is, or train a voice on it.",
        arguments.train_arguments,
        (
            "intone train recordings --check",
            "intone train recordings -o run --base models/voices/wren --emotion anger --time-limit 3600",
            "intone train recordings -o run --resume",
        ),
    ),
    "evaluate": Command(
        "what a voice is worth",
        "Have a voice speak test sentences, listen to them, and report. Needs: pip install '.[train]'",
        arguments.evaluate_arguments,
        (
            "intone evaluate wren --html report.html",
            "intone evaluate run/voice --emotion anger --limit 5",
            "intone evaluate wren --onsets --html onsets.html",
        ),
    ),
    "bench": Command(
        "how fast the service is",
        "Measure speed, cost and memory of the service, beside other services. Needs: pip install '.[bench]'",
        arguments.bench_arguments,
        ("intone bench --quick", "intone bench --peers intone,piper -o figures"),
    ),
    "completion": Command(
        "completion for a shell",
        "Print a script that has a shell complete commands, flags and their values.",
        arguments.completion_arguments,
        (
            "intone completion bash > ~/.local/share/bash-completion/completions/intone",
            "intone completion fish > ~/.config/fish/completions/intone.fish",
            "intone completion zsh >> ~/.zshrc",
        ),
    ),
}
"""By name, in the order in which they are listed; that of an action of a command has two words."""
