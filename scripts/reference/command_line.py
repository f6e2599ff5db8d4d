"""Every command with its flags and examples, from the parser."""

from __future__ import annotations

import argparse
import html
from collections.abc import Iterator

from app.__main__ import FAILED, INTERRUPTED, WRONG_USE
from app.cli.parser import COMMANDS, make_command_parsers
from scripts.reference.markdown import block, code, table
from scripts.reference.markdown import page as whole

HEAD = ("argument", "default", "meaning")
ABOUT = f"""`intone COMMAND --help` says the same. Errors are one line on standard error. Exit codes: 0; {FAILED}: it
failed; {WRONG_USE}: it was called wrongly; {INTERRUPTED}: Ctrl-C. Colours and bars are for terminals alone; `NO_COLOR`
turns the colours off there, too."""
SETTINGS = "A flag for each setting but the keys: see [settings.md](settings.md)."


def page() -> str:
    """The page."""
    parsers = make_command_parsers()
    return whole("Command line", ABOUT, *(part for name in COMMANDS for part in command(name, parsers[name])))


def command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """One command: what it is for, what it takes, how it is called."""
    yield f"## intone {name}"
    yield COMMANDS[name].description
    yield SETTINGS if name == "serve" else table(HEAD, map(argument, shown(parser)))
    yield block(COMMANDS[name].examples, "sh not-run")


def shown(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """What is taken, but for --help and for further commands, which stand by themselves."""
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            yield action


def argument(action: argparse.Action) -> tuple[str, ...]:
    """One of them."""
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    names = ", ".join(action.option_strings) + value
    given = action.default not in (None, False, argparse.SUPPRESS) and action.default != []
    default = code(written(action.default)) if given else ""
    return code(names.strip()), default, html.escape(str(action.help), quote=False)


def written(default: object) -> str:
    """As one would type it."""
    return ",".join(map(str, default)) if isinstance(default, list) else str(default)
