"""Synthesize speech with an endpoint and write it to a file."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from app.cli.parser import UsageError
from scripts.sagemaker.aws import Aws, AwsError, Call, translate_error
from scripts.sagemaker.command import DONE, make_command_parser, report, run_command

FORMATS = ("wav", "flac", "mp3", "opus", "aac", "pcm")
BLOCK_BYTES = 1 << 16


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser("invoke_endpoint", "Synthesize speech with an endpoint and write it to a file.")
    flags.add_argument("name", metavar="ENDPOINT")
    flags.add_argument("source", metavar="TEXT|FILE|-", help="the text, or a file that contains it, or - for stdin")
    flags.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="its extension selects the format"
    )
    kind = flags.add_mutually_exclusive_group()
    kind.add_argument("--ssml", action="store_true", help="the text is SSML")
    kind.add_argument("--json", action="store_true", help="the text is a request body of POST /synthesize")
    flags.add_argument(
        "--stream", action="store_true", help="receive audio while it is synthesized: up to 8 minutes, any size"
    )
    return flags


def read_source(source: str) -> str:
    """Return the text of a file or of standard input, or the argument itself."""
    if source == "-":
        return sys.stdin.read()
    try:
        path = Path(source)
        return path.read_text(encoding="utf-8") if path.is_file() else source
    except OSError:  # too long for a file name
        return source
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not UTF-8.") from None


def make_body(options: argparse.Namespace) -> dict[str, Any]:
    """Return the request body, always JSON, since only JSON can request a stream."""
    text = read_source(options.source)
    fields: dict[str, Any] = read_json(text) if options.json else {"ssml" if options.ssml else "text": text}
    format = options.output.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise UsageError(f"{options.output} ends in none of {', '.join(FORMATS)}.")
    return {**fields, "format": format, "stream": options.stream}


def read_json(text: str) -> dict[str, Any]:
    """Parse a request body."""
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise UsageError(f"The request is not JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise UsageError("The request is not a JSON object.")
    return fields


def make_invoke_call(options: argparse.Namespace) -> Call:
    """Return the request: InvokeEndpoint, or InvokeEndpointWithResponseStream for a stream."""
    request = {"EndpointName": options.name, "ContentType": "application/json", "Body": json.dumps(make_body(options))}
    return Call("sagemaker-runtime", f"InvokeEndpoint{'WithResponseStream' if options.stream else ''}", request)


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """Return the only request."""
    return [make_invoke_call(options)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Send the request and write the audio; an incomplete response leaves no file."""
    from botocore.exceptions import ClientError, EventStreamError

    try:
        response = aws.send(make_invoke_call(options))
        with closing(response["Body"]) as audio:
            size = write_file(
                options.output, read_stream(audio) if options.stream else iter(lambda: audio.read(BLOCK_BYTES), b"")
            )
    except (ClientError, EventStreamError) as error:
        raise parse_model_error(error) from None
    report(f"{size} bytes are in {options.output}.")
    return DONE


def read_stream(events: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the parts of a streamed response; botocore raises errors that occur between them."""
    for event in events:
        if "PayloadPart" in event:
            yield event["PayloadPart"]["Bytes"]


def write_file(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a file, replacing an existing one only once all pieces have arrived, and return its size."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            size = sum(file.write(piece) for piece in pieces)
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)
    return size


def parse_model_error(error: Any) -> AwsError:
    """Return the service's own error, which AWS wraps in a ModelError, or else that of AWS."""
    try:
        problem = json.loads(error.response["OriginalMessage"])
        text = f"{problem['title']} ({problem['code']}): {problem['detail']}"
        return AwsError(f"{error.response['OriginalStatusCode']} {text}", hint=problem.get("hint", ""))
    except (KeyError, TypeError, ValueError):
        return translate_error(error)


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
