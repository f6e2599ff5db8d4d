"""Render the page of all commands with their flags and examples, from the parser."""

from __future__ import annotations

import argparse
import html
from collections.abc import Iterator

from app.__main__ import FAILED, INTERRUPTED, WRONG_USE
from app.cli.parser import COMMANDS, make_command_parsers
from scripts.reference.markdown import format_block, format_code, make_page, make_table

HEAD = ("argument", "default", "meaning")
ABOUT = f"""`intone COMMAND --help` prints the same, `intone` alone lists the commands, `--version` prints the
version. Errors are one line on standard error. Exit codes: 0: success; {FAILED}: failure; {WRONG_USE}: wrong usage,
including an unknown voice or emotion, a missing file and an empty text; {INTERRUPTED}: Ctrl-C. Colours and
progress appear only in terminals; `NO_COLOR` turns off the colours."""
SETTINGS = "A flag for each setting except the keys: see [settings.md](settings.md)."


def render() -> str:
    """Return the page."""
    parsers = make_command_parsers()
    return make_page(
        "Command line", ABOUT, *(part for name in COMMANDS for part in render_command(name, parsers[name]))
    )


def render_command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the paragraphs of a command: description, arguments and examples."""
    yield f"## intone {name}"
    yield COMMANDS[name].description
    yield SETTINGS if name == "serve" else make_table(HEAD, map(make_row, list_arguments(parser)))
    yield format_block(COMMANDS[name].examples, "sh not-run")


def list_arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a command, except --help and subcommands, which have sections of their own."""
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            yield action


def make_row(action: argparse.Action) -> tuple[str, ...]:
    """Return the row of an argument."""
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    names = ", ".join(action.option_strings) + value
    given = action.default not in (None, False, argparse.SUPPRESS) and action.default != []
    default = format_code(format_default(action.default)) if given else ""
    return format_code(names.strip()), default, html.escape(str(action.help), quote=False)


def format_default(default: object) -> str:
    """Return a default as it would be typed."""
    return ",".join(map(str, default)) if isinstance(default, list) else str(default)
