"""Run the command line. Each command imports its modules when it runs, so that `--help` does not wait for torch."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from app.cli.parser import UsageError, make_parser
from app.errors import EmptyText, IntoneError, InvalidRequest, UnknownEmotion, UnreadableDocument, VoiceNotFound

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130
"""Exit code of a program that Ctrl-C ended, by convention of shells: 128 + SIGINT."""

PASSIVE_WAIT = ("OMP_WAIT_POLICY", "PASSIVE")
"""Environment variable that makes threads of torch sleep while they wait for each other. By default they spin, which
made synthesis 20 times slower on a machine with other work. OpenMP reads the variable when torch is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return its exit code."""
    os.environ.setdefault(*PASSIVE_WAIT)
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = make_parser(arguments)
    if not arguments:
        parser.print_help()
        return 0
    options = parser.parse_args(arguments)

    def command() -> int:
        code: int = importlib.import_module(f"app.cli.{options.command}").run(options)
        return code

    return run_command(command)


def run_command(command: Callable[[], int]) -> int:
    """Run a command, report its errors in one line on standard error, and return the exit code."""
    try:
        return command()
    except (UsageError, VoiceNotFound, UnknownEmotion, InvalidRequest, EmptyText, UnreadableDocument) as error:
        return _report_error(error, WRONG_USE)
    except IntoneError as error:
        return _report_error(error, FAILED)
    except BrokenPipeError:  # the reader, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _report_error(IntoneError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _report_error(error: IntoneError, code: int) -> int:
    line = " ".join(f"{error.detail} {error.hint}".split())
    sys.stderr.write(f"intone: {line}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
