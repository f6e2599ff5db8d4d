"""`intone completion`: a script that has a shell complete commands, flags and their values, made from the parser."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from app.audio.encode import FORMATS
from app.cli.parser import COMMANDS, command_parsers
from app.settings import Settings
from app.types import Emotion

VALUES = {"format": tuple(FORMATS), "emotion": tuple(Emotion)}
"""What may stand behind a flag whose values the parser does not list."""


def run(options: argparse.Namespace) -> int:
    """Print the script of a shell."""
    sys.stdout.write(SCRIPTS[options.shell](list(described())))
    return 0


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a command."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...]
    """To choose from; else files are offered."""


@dataclass(frozen=True, slots=True)
class Described:
    """One command."""

    name: str
    flags: tuple[Flag, ...]
    words: tuple[str, ...]
    """To choose from where no flag stands; else files are offered."""


def described() -> Iterator[Described]:
    """Every command as its parser has it."""
    for name, parser in command_parsers().items():
        flags = tuple(flag(action, name) for action in parser._actions if action.option_strings)
        words = tuple(word for action in parser._actions if not action.option_strings for word in action.choices or ())
        yield Described(name, flags, words)


def flag(action: argparse.Action, command: str) -> Flag:
    """A flag with the values that are known for it."""
    takes_value = action.nargs != 0
    own = tuple(map(str, action.choices or ())) or listed(action.dest, command)
    return Flag(tuple(action.option_strings), str(action.help), takes_value, own if takes_value else ())


def listed(name: str, command: str) -> tuple[str, ...]:
    """The values of a setting, or of a flag that is no choice of argparse's."""
    if command == "serve":
        annotation = Settings.model_fields[name].annotation if name in Settings.model_fields else None
        return get_args(annotation) if get_origin(annotation) is Literal else ()
    return VALUES.get(name, ())


def bash(commands: Sequence[Described]) -> str:
    """For bash; where nothing is known, its own completion of files goes on."""
    cases = [line for command in commands for line in bash_cases(command)]
    return BASH.format(commands=" ".join(top_level(commands)), cases="\n".join(f"        {line}" for line in cases))


def bash_cases(command: Described) -> Iterator[str]:
    """What may stand behind a flag, then what may stand behind any other word."""
    behind: dict[tuple[str, ...], list[str]] = {}
    for one in command.flags:
        if one.takes_value:
            behind.setdefault(one.values, []).extend(f"{command.name}:{name}" for name in one.names)
    for values, flags in behind.items():
        yield f"{'|'.join(map(shlex.quote, flags))}) words={shlex.quote(' '.join(values))} ;;"
    every = shlex.quote(" ".join(name for one in command.flags for name in one.names))
    words = shlex.quote(" ".join(command.words))
    yield f"{shlex.quote(f'{command.name}:')}*) words={words}; flags={every} ;;"


def zsh(commands: Sequence[Described]) -> str:
    """For zsh, through its own support of what is made for bash."""
    return ZSH + bash(commands)


def fish(commands: Sequence[Described]) -> str:
    """For fish, which also shows what each is for."""
    lines = ["complete -c intone -f"]
    for name in top_level(commands):
        lines.append(f"complete -c intone -n __fish_use_subcommand -a {name} -d {quoted(COMMANDS[name].summary)}")
    return "\n".join([*lines, *(line for command in commands for line in fish_lines(command))]) + "\n"


def fish_lines(command: Described) -> Iterator[str]:
    """The words and flags of one command."""
    start = f"complete -c intone -n {quoted(fish_condition(command.name))}"
    yield f"{start} -a {quoted(' '.join(command.words))}" if command.words else f"{start} -F"
    for one in command.flags:
        names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in one.names)
        value = f" -x -a {quoted(' '.join(one.values))}" if one.values else " -r -F" if one.takes_value else ""
        yield f"{start} {names}{value} -d {quoted(one.help)}"


def fish_condition(name: str) -> str:
    """When a command is the one that is being written."""
    first, _, action = name.partition(" ")
    if action:
        return f"__fish_seen_subcommand_from {first}; and __fish_seen_subcommand_from {action}"
    actions = " ".join(other.split()[1] for other in COMMANDS if other.startswith(f"{name} "))
    unless = f"; and not __fish_seen_subcommand_from {actions}" if actions else ""
    return f"__fish_seen_subcommand_from {name}{unless}"


def quoted(text: str) -> str:
    """For fish, which knows no quotation marks within others but those behind a backslash."""
    escaped = text.replace("%%", "%").replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def top_level(commands: Sequence[Described]) -> list[str]:
    """Commands of one word."""
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
        words="{commands}" flags="-h --help"
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
SCRIPTS: dict[str, Callable[[Sequence[Described]], str]] = {"bash": bash, "fish": fish, "zsh": zsh}
