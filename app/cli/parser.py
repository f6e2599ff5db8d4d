"""The parser of the command line; imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from app.cli.commands import COMMANDS

ACTION = "voices add"
"""The only command of two words."""
INDENT = "  "


class OneLineParser(argparse.ArgumentParser):
    """Tells a wrong use in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """See `argparse`, which would show the usage in some more lines."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


class Help(argparse.HelpFormatter):
    """Folds texts as usual, but leaves indented lines as they are: they are to be copied."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = text.splitlines()
        return "\n".join(
            line if line.startswith(INDENT) else super(Help, self)._fill_text(line, width, indent) for line in lines
        )


def make_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; the flags of `serve` are made from the settings, and only when `serve` is among the arguments."""
    parser, made = _make()
    if "serve" in arguments:
        COMMANDS["serve"].add(made["serve"])
    return parser


def command_parsers() -> dict[str, argparse.ArgumentParser]:
    """The parsers of all commands, complete, by the names in COMMANDS."""
    _, made = _make()
    COMMANDS["serve"].add(made["serve"])
    return made


def _make() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser, and those of its commands; that of `serve` has no flags yet."""
    parser = OneLineParser(prog="intone", description="Speech whose every sentence carries the emotion of its words.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {name: _add(commands, name, name) for name in COMMANDS if name != ACTION}
    actions = made["voices"].add_subparsers(dest="action", metavar="add")
    return parser, {**made, ACTION: _add(actions, "add", ACTION)}


def _add(parsers: Any, word: str, name: str) -> argparse.ArgumentParser:
    command = COMMANDS[name]
    examples = "\n".join(INDENT + line for line in command.examples)
    parser: argparse.ArgumentParser = parsers.add_parser(
        word,
        help=command.summary,
        description=command.description,
        epilog=f"examples:\n{examples}".replace("%", "%%"),
        formatter_class=Help,
    )
    if name != "serve":
        command.add(parser)
    return parser
