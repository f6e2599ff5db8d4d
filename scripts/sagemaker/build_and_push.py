"""Build the image and push it to ECR, with docker, podman or buildah."""

from __future__ import annotations

import argparse
import base64
import shlex
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from app.cli.parser import UsageError
from app.packages import version
from scripts.sagemaker.aws import Aws, Call, FailedOperation, RefusedRequest
from scripts.sagemaker.command import DONE, make_command_parser, report, run_command

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = "docker/Dockerfile"
TOOLS = ("docker", "podman", "buildah")
PLATFORM = "linux/amd64"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
"""The only manifest type that CreateModel accepts; it refuses OCI manifests."""
IMAGE_USER = "IMAGE_USER=root"
"""Only root can write the /opt/ml that SageMaker mounts."""
BUILD = {
    "docker": ["docker", "buildx", "build", "--provenance=false", "--output", "type=docker"],
    "podman": ["podman", "build", "--format", "docker"],
    "buildah": ["buildah", "build", "--format", "docker"],
}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser("build_and_push", "Build the image of docker/Dockerfile and push it to ECR.")
    flags.add_argument("--account", required=True, metavar="ID", help="as aws sts get-caller-identity prints it")
    flags.add_argument("--repository", default="intone", help="by default %(default)s; created if it does not exist")
    flags.add_argument("--tag", default=version(), help="by default the version, %(default)s")
    flags.add_argument("--tool", choices=TOOLS, help="by default the first one that is installed")
    flags.add_argument(
        "--build-arg", action="append", default=[], metavar="NAME=VALUE", help="build argument of the Dockerfile"
    )
    return flags


def format_registry(account: str, region: str) -> str:
    """Return the address of an account's registry in a Region."""
    return f"{account}.dkr.ecr.{region}.amazonaws.com"


def make_create_repository_call(name: str) -> Call:
    """Return the request that creates the repository. Its tags are mutable: deployments refer to digests."""
    request = {"repositoryName": name, "imageScanningConfiguration": {"scanOnPush": True}}
    return Call("ecr", "CreateRepository", request)


def make_describe_image_call(repository: str, tag: str) -> Call:
    """Return the request for the digest and the manifest type of a pushed image."""
    return Call("ecr", "DescribeImages", {"repositoryName": repository, "imageIds": [{"imageTag": tag}]})


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """Return all requests; a dry run also reports the commands that run between them."""
    if len(options.account) != 12 or not options.account.isdecimal():
        raise UsageError(f"{options.account!r} is not an account ID, which has twelve digits.")
    if options.dry_run:
        for command in make_commands(options, region):
            report(shlex.join(command))
    token = Call("ecr", "GetAuthorizationToken", {})
    return [
        make_create_repository_call(options.repository),
        token,
        make_describe_image_call(options.repository, options.tag),
    ]


def make_commands(options: argparse.Namespace, region: str) -> list[list[str]]:
    """Return the commands that build, log in (with the password on standard input), and push."""
    tool = options.tool or next(filter(shutil.which, TOOLS), TOOLS[0])
    image = f"{format_registry(options.account, region)}/{options.repository}:{options.tag}"
    arguments = [part for pair in (IMAGE_USER, *options.build_arg) for part in ("--build-arg", pair)]
    login = [tool, "login", "--username", "AWS", "--password-stdin", format_registry(options.account, region)]
    return [
        [*BUILD[tool], "--platform", PLATFORM, *arguments, "--file", DOCKERFILE, "--tag", image, "."],
        login,
        [tool, "push", image],
    ]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Build, log in and push. Building comes first, since it takes longest and fails most often."""
    build, login, push = make_commands(options, aws.region)
    execute(build)
    create_repository(aws, options.repository)
    execute(login, get_password(aws))
    execute(push)
    image = aws.send(make_describe_image_call(options.repository, options.tag))["imageDetails"][0]
    if image.get("imageManifestMediaType", DOCKER_MANIFEST) != DOCKER_MANIFEST:
        raise FailedOperation(
            f"The image has the manifest type {image['imageManifestMediaType']}, which SageMaker rejects.",
            hint="Build with another --tool and another --tag.",
        )
    sys.stdout.write(f"{format_registry(options.account, aws.region)}/{options.repository}@{image['imageDigest']}\n")
    return DONE


def create_repository(aws: Aws, name: str) -> None:
    """Create the repository unless it exists."""
    from botocore.exceptions import ClientError

    try:
        aws.send(make_create_repository_call(name))
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryAlreadyExistsException":
            raise


def get_password(aws: Aws) -> bytes:
    """Return a password that is valid for twelve hours, for standard input rather than a command line."""
    token = aws.send(Call("ecr", "GetAuthorizationToken", {}))["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).partition(b":")[2]


def execute(command: list[str], stdin: bytes | None = None) -> None:
    """Run a command with its output on standard error; raise `FailedOperation` if it fails."""
    report(shlex.join(command))
    try:
        code = subprocess.run(command, cwd=ROOT, input=stdin, stdout=sys.stderr, check=False).returncode
    except FileNotFoundError:
        raise RefusedRequest(
            f"{command[0]} is not installed.",
            hint=f"Install it, or choose another --tool: {', '.join(TOOLS)}.",
        ) from None
    if code:
        raise FailedOperation(f"{command[0]} ended with code {code}.", hint="See its output above.")


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
