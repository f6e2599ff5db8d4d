"""Build the image and push it to ECR, with whichever of docker, podman and buildah is there."""

from __future__ import annotations

import argparse
import base64
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.cli.parser import UsageError
from app.packages import version
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_parser, run_command, tell
from scripts.sagemaker.errors import Failed, Refused

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = "docker/Dockerfile"
TOOLS = ("docker", "podman", "buildah")
PLATFORM = "linux/amd64"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
"""The only kind that CreateModel takes; OCI's it refuses."""
IMAGE_USER = "IMAGE_USER=root"
"""SageMaker mounts /opt/ml for root alone."""
BUILD = {
    "docker": ["docker", "buildx", "build", "--provenance=false", "--output", "type=docker"],
    "podman": ["podman", "build", "--format", "docker"],
    "buildah": ["buildah", "build", "--format", "docker"],
}


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("build_and_push", "Build the image of docker/Dockerfile and push it to ECR.")
    flags.add_argument("--account", required=True, metavar="ID", help="aws sts get-caller-identity tells it")
    flags.add_argument("--repository", default="intone", help="by default %(default)s; made if it is not there")
    flags.add_argument("--tag", default=version(), help="by default the version, %(default)s")
    flags.add_argument("--tool", choices=TOOLS, help="by default the first of them that is installed")
    flags.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE", help="of the Dockerfile")
    return flags


def registry(account: str, region: str) -> str:
    """The address of an account's images in a Region."""
    return f"{account}.dkr.ecr.{region}.amazonaws.com"


def repository_call(name: str) -> Call:
    """A tag may move; what is deployed is named by its digest."""
    request = {"repositoryName": name, "imageScanningConfiguration": {"scanOnPush": True}}
    return Call("ecr", "CreateRepository", request)


def image_call(repository: str, tag: str) -> Call:
    """Asks for digest and kind of a pushed image."""
    return Call("ecr", "DescribeImages", {"repositoryName": repository, "imageIds": [{"imageTag": tag}]})


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """All requests; the programs that run between them are told."""
    if len(options.account) != 12 or not options.account.isdecimal():
        raise UsageError(f"{options.account!r} is no account: twelve digits.")
    if options.dry_run:
        for command in commands(options, region):
            tell(shlex.join(command))
    token = Call("ecr", "GetAuthorizationToken", {})
    return [repository_call(options.repository), token, image_call(options.repository, options.tag)]


def commands(options: argparse.Namespace, region: str) -> list[list[str]]:
    """Build, log in (with the password on standard input), push."""
    tool = options.tool or next(filter(shutil.which, TOOLS), TOOLS[0])
    image = f"{registry(options.account, region)}/{options.repository}:{options.tag}"
    arguments = [part for pair in (IMAGE_USER, *options.build_arg) for part in ("--build-arg", pair)]
    login = [tool, "login", "--username", "AWS", "--password-stdin", registry(options.account, region)]
    return [
        [*BUILD[tool], "--platform", PLATFORM, *arguments, "--file", DOCKERFILE, "--tag", image, "."],
        login,
        [tool, "push", image],
    ]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Build first, since that takes longest and fails most."""
    build, login, push = commands(options, aws.region)
    execute(build)
    make_repository(aws, options.repository)
    execute(login, password(aws))
    execute(push)
    image = aws.send(image_call(options.repository, options.tag))["imageDetails"][0]
    if image.get("imageManifestMediaType", DOCKER_MANIFEST) != DOCKER_MANIFEST:
        raise Failed(
            f"The image is of the kind {image['imageManifestMediaType']}, which SageMaker refuses.",
            hint="Build with another --tool, under another --tag.",
        )
    sys.stdout.write(f"{registry(options.account, aws.region)}/{options.repository}@{image['imageDigest']}\n")
    return DONE


def make_repository(aws: Aws, name: str) -> None:
    """Make it unless it is there."""
    from botocore.exceptions import ClientError

    try:
        aws.send(repository_call(name))
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryAlreadyExistsException":
            raise


def password(aws: Aws) -> bytes:
    """For twelve hours; it never stands on a command line."""
    token = aws.send(Call("ecr", "GetAuthorizationToken", {}))["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).partition(b":")[2]


def execute(command: list[str], given: bytes | None = None) -> None:
    """Run a program, its output on standard error."""
    tell(shlex.join(command))
    try:
        code = subprocess.run(command, cwd=ROOT, input=given, stdout=sys.stderr, check=False).returncode
    except FileNotFoundError:
        raise Refused(
            f"There is no {command[0]}.", hint=f"Install it, or choose another --tool: {', '.join(TOOLS)}."
        ) from None
    if code:
        raise Failed(f"{command[0]} ended with code {code}.", hint="What it said stands above.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
