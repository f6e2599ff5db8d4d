"""Common parts of all commands: flags, --dry-run, one-line errors and exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing

from app.cli.parser import OneLineParser, UsageError
from app.errors import IntoneError
from scripts.sagemaker.aws import Aws, Call, check_calls, format_calls, open_aws
from scripts.sagemaker.errors import RefusedRequest, translate_error

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def make_command_parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with the flags that all commands have."""
    parser = OneLineParser(prog=f"python -m scripts.sagemaker.{name}", description=description)
    parser.add_argument("--region", help="by default from the environment or ~/.aws/config")
    parser.add_argument("--dry-run", action="store_true", help="print the requests as JSON instead of sending them")
    return parser


def run_command(
    parser: argparse.ArgumentParser,
    plan: Callable[[argparse.Namespace, str], list[Call]],
    run: Callable[[argparse.Namespace, Aws], int],
    arguments: Sequence[str] | None = None,
) -> int:
    """Plan and validate all requests, then print or run them, and return the exit code.

    `plan` gets the Region; nothing is sent before `run`.
    """
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
