"""Common parts of all commands: flags, --dry-run, one-line errors, exit codes, and waiting for a state."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TypeVar

from app.cli.parser import OneLineParser, UsageError
from app.errors import IntoneError
from scripts.sagemaker.aws import Aws, Call, RefusedRequest, check_calls, format_calls, open_aws, translate_error

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def make_command_parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with the flags that all commands have."""
    parser = OneLineParser(prog=f"python -m scripts.sagemaker.{name}", description=description)
    parser.add_argument("--region", help="by default from the environment or ~/.aws/config")
    parser.add_argument("--dry-run", action="store_true", help="print the requests as JSON instead of sending them")
    return parser


def run_command(
    make_parser: Callable[[], argparse.ArgumentParser],
    plan: Callable[[argparse.Namespace, str], list[Call]],
    run: Callable[[argparse.Namespace, Aws], int],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run a command: plan and validate all requests, then print or run them, and return the exit code.

    `plan` gets the Region; nothing is sent before `run`.
    """
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        aws = open_aws(options.region)
        calls = plan(options, aws.region)
        check_calls(calls)
        if options.dry_run:
            sys.stdout.write(format_calls(calls))
            return DONE
        return _run(run, options, aws)
    except KeyboardInterrupt:
        report("Interrupted; operations that have started continue at AWS.")
        return INTERRUPTED
    except (UsageError, RefusedRequest) as error:
        return _report_error(parser.prog, error, WRONG_USE)
    except IntoneError as error:
        return _report_error(parser.prog, error, FAILED)
    except OSError as error:
        return _report_error(parser.prog, IntoneError(f"{error.strerror or error}: {error.filename or ''}"), FAILED)


def _run(run: Callable[[argparse.Namespace, Aws], int], options: argparse.Namespace, aws: Aws) -> int:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with closing(aws):
            return run(options, aws)
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise translate_error(error) from None


def _report_error(program: str, error: IntoneError, code: int) -> int:
    report(" ".join(f"{program.rpartition('.')[2]}: {error.detail} {error.hint}".split()))
    return code


def read_pair(pair: str) -> tuple[str, str]:
    """Parse `NAME=VALUE`."""
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise UsageError(f"{pair!r} is not of the form NAME=VALUE.")
    return name, value


def report(line: str) -> None:
    """Print a line of progress to standard error; standard output is for results."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def report_cost(what: str, instance_type: str, count: int, until: str) -> None:
    """Report what is about to be created and billed."""
    report(
        f"{what}: {count} × {instance_type}, which is billed by the hour {until}. Prices by Region: "
        "aws.amazon.com/sagemaker/ai/pricing, or the AWS Pricing Calculator."
    )


POLL_SECONDS = 15
HEARTBEAT_SECONDS = 300
"""Interval at which an unchanged state is reported again, to show that the command still runs."""

T = TypeVar("T")


def wait(poll: Callable[[], T], *, format_state: Callable[[T], str], is_done: Callable[[T], bool]) -> T:
    """Return the first state that is done; report each state whose formatted text differs from the previous one."""
    last, quiet = "", 0.0
    while True:
        state = poll()
        text = format_state(state)
        if text != last or quiet >= HEARTBEAT_SECONDS:
            report(f"{time.strftime('%H:%M:%S')} {text}")
            last, quiet = text, 0.0
        if is_done(state):
            return state
        time.sleep(POLL_SECONDS)
        quiet += POLL_SECONDS
