"""Run `intone completion`: generate a shell's completion script of commands, flags and values from the parser."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, get_args, get_origin

from app.audio.encode import FORMATS
from app.cli.parser import COMMANDS, make_command_parsers
from app.settings import Settings
from app.training.settings import ModelKind
from app.types import Emotion

VALUES = {"format": tuple(FORMATS), "emotion": tuple(Emotion), "model": tuple(ModelKind)}
"""Values of flags that have no choices in the parser."""
Parsers = Mapping[str, argparse.ArgumentParser]
"""Parser of each command."""


def run(options: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    sys.stdout.write(SCRIPTS[options.shell](make_command_parsers()))
    return 0


def list_flags(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the flags of a command."""
    return [action for action in parser._actions if action.option_strings]


def join_words(parser: argparse.ArgumentParser) -> str:
    """Return the possible words of a command that are not flags; empty if files are to be offered."""
    return " ".join(str(word) for one in parser._actions if not one.option_strings for word in one.choices or ())


def join_values(flag: argparse.Action, command: str) -> str:
    """Return the known values of a flag; empty if it takes none, or if files are to be offered."""
    if flag.nargs == 0:
        return ""
    if command == "serve":
        annotation = Settings.model_fields[flag.dest].annotation
        return " ".join(get_args(annotation) if get_origin(annotation) is Literal else ())
    return " ".join(map(str, flag.choices or VALUES.get(flag.dest, ())))


TOP_LEVEL = [name for name in COMMANDS if " " not in name]
"""Commands of one word."""


def generate_bash(parsers: Parsers) -> str:
    """Generate the script for bash, which completes file names if no words are known."""
    cases = "\n".join(f"        {line}" for one in parsers.items() for line in generate_bash_cases(*one))
    nested = " ".join(name.replace(" ", ":") for name in COMMANDS if " " in name)
    return BASH.format(commands=" ".join(TOP_LEVEL), nested=nested, cases=cases)


def generate_bash_cases(command: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the cases of a command: first the values after each flag, then the words and flags after any other word."""
    flags_by_values: dict[str, list[str]] = {}
    for flag in list_flags(parser):
        if flag.nargs != 0:
            flags_by_values.setdefault(join_values(flag, command), []).extend(flag.option_strings)
    for values, flags in flags_by_values.items():
        yield f"{'|'.join(shlex.quote(f'{command}:{flag}') for flag in flags)}) words={shlex.quote(values)} ;;"
    every = shlex.quote(" ".join(name for flag in list_flags(parser) for name in flag.option_strings))
    yield f"{shlex.quote(f'{command}:')}*) words={shlex.quote(join_words(parser))}; flags={every} ;;"


def generate_fish(parsers: Parsers) -> str:
    """Generate the script for fish, which also shows descriptions."""
    top = "complete -c intone -n __fish_use_subcommand"
    return "\n".join(
        [
            "complete -c intone -f",
            f"{top} -l version -d {quote('the version')}",
            *(f"{top} -a {name} -d {quote(COMMANDS[name].summary)}" for name in TOP_LEVEL),
            *(line for one in parsers.items() for line in generate_fish_lines(*one)),
            "",
        ]
    )


def generate_fish_lines(command: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the lines for the words and flags of a command."""
    start = f"complete -c intone -n {quote(make_fish_condition(command))}"
    words = join_words(parser)
    yield f"{start} -a {quote(words)}" if words else f"{start} -F"
    for flag in list_flags(parser):
        names = " ".join(f"-l {one[2:]}" if one.startswith("--") else f"-s {one[1:]}" for one in flag.option_strings)
        values = join_values(flag, command)
        value = f" -x -a {quote(values)}" if values else " -r -F" if flag.nargs != 0 else ""
        yield f"{start} {names}{value} -d {quote(str(flag.help))}"


def make_fish_condition(name: str) -> str:
    """Return the fish condition that a command is being typed."""
    first, _, action = name.partition(" ")
    if action:
        return f"__fish_seen_subcommand_from {first}; and __fish_seen_subcommand_from {action}"
    actions = " ".join(other.split()[1] for other in COMMANDS if other.startswith(f"{name} "))
    unless = f"; and not __fish_seen_subcommand_from {actions}" if actions else ""
    return f"__fish_seen_subcommand_from {name}{unless}"


def quote(text: str) -> str:
    """Quote a text for fish, which requires a backslash before a quotation mark within quotation marks."""
    escaped = text.replace("%%", "%").replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


BASH = """\
_intone() {{
    local words= flags= current="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}"
    if [[ $COMP_CWORD -gt 2 && " {nested} " == *" $command:${{COMP_WORDS[2]}} "* ]]; then
        command="$command ${{COMP_WORDS[2]}}"
    fi
    case "$command:${{COMP_WORDS[COMP_CWORD - 1]}}" in
{cases}
    esac
    if [[ $COMP_CWORD == 1 ]]; then
        words="{commands}" flags="-h --help --version"
    fi
    if [[ $current == -* ]]; then
        words=$flags
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _intone intone
"""
ZSH = """\
autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
"""
SCRIPTS: dict[str, Callable[[Parsers], str]] = {
    "bash": generate_bash,
    "fish": generate_fish,
    "zsh": lambda parsers: ZSH + generate_bash(parsers),  # it supports completion for bash
}
