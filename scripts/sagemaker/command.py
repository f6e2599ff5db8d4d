"""What all commands have in common: flags, --dry-run, errors in one line, exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing

from app.cli.parser import OneLineParser, UsageError
from app.errors import IntoneError
from scripts.sagemaker.aws import Aws, Call, as_json, check, open_aws
from scripts.sagemaker.errors import Refused, told

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def make_parser(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with the flags of all commands."""
    parser = OneLineParser(prog=f"python -m scripts.sagemaker.{name}", description=description)
    parser.add_argument("--region", help="by default that of the environment or of ~/.aws/config")
    parser.add_argument("--dry-run", action="store_true", help="print the requests as JSON and send none")
    return parser


def run_command(
    parser: argparse.ArgumentParser,
    plan: Callable[[argparse.Namespace, str], list[Call]],
    run: Callable[[argparse.Namespace, Aws], int],
    arguments: Sequence[str] | None = None,
) -> int:
    """Plan, check, and show or run; `plan` gets the Region, and neither plan nor check sends anything."""
    options = parser.parse_args(arguments)
    try:
        aws = open_aws(options.region)
        calls = plan(options, aws.region)
        check(calls)
        if options.dry_run:
            sys.stdout.write(as_json(calls))
            return DONE
        return _run(run, options, aws)
    except KeyboardInterrupt:
        tell("Interrupted; what was begun goes on at AWS.")
        return INTERRUPTED
    except (UsageError, Refused) as error:
        return _complain(parser.prog, error, WRONG_USE)
    except IntoneError as error:
        return _complain(parser.prog, error, FAILED)
    except OSError as error:
        return _complain(parser.prog, IntoneError(f"{error.strerror or error}: {error.filename or ''}"), FAILED)


def _run(run: Callable[[argparse.Namespace, Aws], int], options: argparse.Namespace, aws: Aws) -> int:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with closing(aws):
            return run(options, aws)
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise told(error) from None


def _complain(program: str, error: IntoneError, code: int) -> int:
    tell(" ".join(f"{program.rpartition('.')[2]}: {error.detail} {error.hint}".split()))
    return code


def tell(line: str) -> None:
    """To whoever watches; what a script reads is on standard output."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def tell_cost(what: str, instance_type: str, count: int, until: str) -> None:
    """Said before anything is created that costs."""
    tell(
        f"{what}: {count} × {instance_type}, which costs by the hour {until}. The prices of a Region: "
        "aws.amazon.com/sagemaker/ai/pricing, or the AWS Pricing Calculator."
    )
