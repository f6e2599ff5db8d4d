"""The command line. What a command needs is imported when it runs: `intone --help` must not wait for torch."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from app.cli.parser import UsageError, make_parser
from app.errors import IntoneError

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended: 128 + SIGINT."""

WAIT_ASLEEP = ("OMP_WAIT_POLICY", "PASSIVE")
"""torch's threads spin while they wait for each other, which on a machine with other work made speech 20 times slower.
OpenMP reads this when torch is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    os.environ.setdefault(*WAIT_ASLEEP)
    arguments = sys.argv[1:] if arguments is None else arguments
    options = make_parser(arguments).parse_args(arguments)

    def command() -> int:
        code: int = importlib.import_module(f"app.cli.{options.command}").run(options)
        return code

    return in_words(command)


def in_words(command: Callable[[], int]) -> int:
    """The exit code of a command, whose errors become one line on standard error."""
    try:
        return command()
    except UsageError as error:
        return _tell(error, WRONG_USE)
    except IntoneError as error:
        return _tell(error, FAILED)
    except OSError as error:
        return _tell(IntoneError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _tell(error: IntoneError, code: int) -> int:
    line = " ".join(f"{error.detail} {error.hint}".split())
    sys.stderr.write(f"intone: {line}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
