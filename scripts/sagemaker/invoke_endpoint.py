"""Have an endpoint speak into a file."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.cli.parser import UsageError
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_parser, run_command, tell
from scripts.sagemaker.errors import AwsError, told

FORMATS = ("wav", "flac", "mp3", "opus", "aac", "pcm")
BLOCK = 1 << 16


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("invoke_endpoint", "Have an endpoint speak into a file.")
    flags.add_argument("name", metavar="ENDPOINT")
    flags.add_argument("source", metavar="TEXT|FILE|-", help="the text, or a file that holds it, or - for stdin")
    flags.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="its ending is the format")
    manner = flags.add_mutually_exclusive_group()
    manner.add_argument("--ssml", action="store_true", help="the text is SSML")
    manner.add_argument("--json", action="store_true", help="the text is a request as POST /synthesize takes it")
    flags.add_argument("--stream", action="store_true", help="receive while it is spoken: up to 8 minutes, any size")
    return flags


def read_source(source: str) -> str:
    """The text itself, a file's, or standard input's."""
    if source == "-":
        return sys.stdin.read()
    try:
        path = Path(source)
        return path.read_text(encoding="utf-8") if path.is_file() else source
    except OSError:  # too long for a name
        return source
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not UTF-8.") from None


def body(options: argparse.Namespace) -> dict[str, Any]:
    """The request, always as JSON: a stream cannot be asked for in any other way."""
    text = read_source(options.source)
    fields: dict[str, Any] = read_json(text) if options.json else {"ssml" if options.ssml else "text": text}
    format = options.output.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise UsageError(f"{options.output} ends in none of {', '.join(FORMATS)}.")
    return {**fields, "format": format, "stream": options.stream}


def read_json(text: str) -> dict[str, Any]:
    """A request as it was written."""
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise UsageError(f"The request is not JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise UsageError("The request is not a JSON object.")
    return fields


def call_of(options: argparse.Namespace) -> Call:
    """InvokeEndpoint, or its kind that answers in parts."""
    request = {"EndpointName": options.name, "ContentType": "application/json", "Body": json.dumps(body(options))}
    return Call("sagemaker-runtime", f"InvokeEndpoint{'WithResponseStream' if options.stream else ''}", request)


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """The request."""
    return [call_of(options)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Ask, and write what comes; a broken answer leaves no file."""
    from botocore.exceptions import ClientError, EventStreamError

    try:
        answer = aws.send(call_of(options))
        with closing(answer["Body"]) as said:
            size = write(options.output, stream(said) if options.stream else iter(lambda: said.read(BLOCK), b""))
    except (ClientError, EventStreamError) as error:
        raise model_error(error) from None
    tell(f"{size} bytes are in {options.output}.")
    return DONE


def stream(events: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The parts of an answer; botocore raises what goes wrong between them."""
    for event in events:
        if "PayloadPart" in event:
            yield event["PayloadPart"]["Bytes"]


def write(path: Path, pieces: Iterable[bytes]) -> int:
    """The file is replaced once everything has come."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            size = sum(file.write(piece) for piece in pieces)
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)
    return size


def model_error(error: Any) -> AwsError:
    """The service's own words where it spoke: AWS wraps them in a ModelError."""
    try:
        problem = json.loads(error.response["OriginalMessage"])
        said = f"{problem['title']} ({problem['code']}): {problem['detail']}"
        return AwsError(f"{error.response['OriginalStatusCode']} {said}", hint=problem.get("hint", ""))
    except (KeyError, TypeError, ValueError):
        return told(error)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
