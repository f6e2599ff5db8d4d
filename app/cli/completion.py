"""Run `intone completion`: generate a shell's completion script of commands, flags and values from the parser."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from app.audio.encode import FORMATS
from app.cli.parser import COMMANDS, make_command_parsers
from app.settings import Settings
from app.types import Emotion

VALUES = {"format": tuple(FORMATS), "emotion": tuple(Emotion)}
"""Values of flags that have no choices in the parser."""


def run(options: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    sys.stdout.write(SCRIPTS[options.shell](list(describe_commands())))
    return 0


@dataclass(frozen=True, slots=True)
class Flag:
    """Flag of a command."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...]
    """Possible values of the flag; if empty, files are offered."""


@dataclass(frozen=True, slots=True)
class CommandDescription:
    """Command with its flags and words."""

    name: str
    flags: tuple[Flag, ...]
    words: tuple[str, ...]
    """Possible words that are not flags; if empty, files are offered."""


def describe_commands() -> Iterator[CommandDescription]:
    """Yield every command as its parser defines it."""
    for name, parser in make_command_parsers().items():
        flags = tuple(describe_flag(action, name) for action in parser._actions if action.option_strings)
        words = tuple(word for action in parser._actions if not action.option_strings for word in action.choices or ())
        yield CommandDescription(name, flags, words)


def describe_flag(action: argparse.Action, command: str) -> Flag:
    """Describe a flag of a command, with its known values."""
    takes_value = action.nargs != 0
    own = tuple(map(str, action.choices or ())) or find_values(action.dest, command)
    return Flag(tuple(action.option_strings), str(action.help), takes_value, own if takes_value else ())


def find_values(name: str, command: str) -> tuple[str, ...]:
    """Return the known values of a setting, or of a flag without choices in argparse."""
    if command == "serve":
        annotation = Settings.model_fields[name].annotation if name in Settings.model_fields else None
        return get_args(annotation) if get_origin(annotation) is Literal else ()
    return VALUES.get(name, ())


def generate_bash(commands: Sequence[CommandDescription]) -> str:
    """Generate the script for bash, which completes file names if no words are known."""
    cases = [line for command in commands for line in generate_bash_cases(command)]
    return BASH.format(
        commands=" ".join(list_top_level(commands)), cases="\n".join(f"        {line}" for line in cases)
    )


def generate_bash_cases(command: CommandDescription) -> Iterator[str]:
    """Yield the cases of a command: first the values after each flag, then the words and flags after any other word."""
    behind: dict[tuple[str, ...], list[str]] = {}
    for one in command.flags:
        if one.takes_value:
            behind.setdefault(one.values, []).extend(f"{command.name}:{name}" for name in one.names)
    for values, flags in behind.items():
        yield f"{'|'.join(map(shlex.quote, flags))}) words={shlex.quote(' '.join(values))} ;;"
    every = shlex.quote(" ".join(name for one in command.flags for name in one.names))
    words = shlex.quote(" ".join(command.words))
    yield f"{shlex.quote(f'{command.name}:')}*) words={words}; flags={every} ;;"


def generate_zsh(commands: Sequence[CommandDescription]) -> str:
    """Generate the script for zsh, which uses its support for bash completion."""
    return ZSH + generate_bash(commands)


def generate_fish(commands: Sequence[CommandDescription]) -> str:
    """Generate the script for fish, which also shows descriptions."""
    lines = [
        "complete -c intone -f",
        f"complete -c intone -n __fish_use_subcommand -l version -d {quote('the version')}",
    ]
    for name in list_top_level(commands):
        lines.append(f"complete -c intone -n __fish_use_subcommand -a {name} -d {quote(COMMANDS[name].summary)}")
    return "\n".join([*lines, *(line for command in commands for line in generate_fish_lines(command))]) + "\n"


def generate_fish_lines(command: CommandDescription) -> Iterator[str]:
    """Yield the lines for the words and flags of a command."""
    start = f"complete -c intone -n {quote(make_fish_condition(command.name))}"
    yield f"{start} -a {quote(' '.join(command.words))}" if command.words else f"{start} -F"
    for one in command.flags:
        names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in one.names)
        value = f" -x -a {quote(' '.join(one.values))}" if one.values else " -r -F" if one.takes_value else ""
        yield f"{start} {names}{value} -d {quote(one.help)}"


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


def list_top_level(commands: Sequence[CommandDescription]) -> list[str]:
    """Return the names of the commands of one word."""
    return [command.name for command in commands if " " not in command.name]


BASH = """\
_intone() {{
    local words= flags= current="${{COMP_WORDS[COMP_CWORD]}}" command="${{COMP_WORDS[1]}}"
    if [[ $command == voices && ${{COMP_WORDS[2]}} == add && $COMP_CWORD -gt 2 ]]; then
        command="voices add"
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
SCRIPTS: dict[str, Callable[[Sequence[CommandDescription]], str]] = {
    "bash": generate_bash,
    "fish": generate_fish,
    "zsh": generate_zsh,
}
