"""Parse addresses in S3 and ECR, and check what they refer to before anything is created."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.voices.manifest import FILE_NAME as VOICE_FILE
from scripts.sagemaker.aws import Aws, Call, RefusedRequest, send_unless_missing

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
IP_ADDRESS = re.compile(r"(\d{1,3}\.){3}\d{1,3}")
IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/[a-z0-9._/-]+(:[\w.-]+|@sha256:[0-9a-f]{64})"
)
MAX_KEY_BYTES = 1024
"""Maximum length of a key in UTF-8."""


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket and a key, or a prefix without a trailing slash."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def folder(self) -> str:
        """Prefix that matches this folder alone: `voices/` does not match `voices-old/`."""
        return f"{self.key}/"

    def join(self, path: str) -> S3Address:
        """Return the address of a path within this folder."""
        return parse_s3(f"{self}/{path}")


def parse_s3(text: str) -> S3Address:
    """Parse `s3://BUCKET/PREFIX`; a trailing slash is ignored."""
    if not text.startswith("s3://"):
        raise RefusedRequest(f"{text} is not an address in S3.", hint="Write s3://BUCKET/PREFIX.")
    bucket, _, key = text.removeprefix("s3://").partition("/")
    check_bucket(bucket)
    if key.endswith("/") and not key.endswith("//"):
        key = key[:-1]
    check_key(key, text)
    return S3Address(bucket, key)


def check_bucket(name: str) -> None:
    """Raise `RefusedRequest` if S3 does not allow the name for a bucket."""
    wrong = not BUCKET.fullmatch(name) or ".." in name or IP_ADDRESS.fullmatch(name)
    if wrong or name.startswith(RESERVED_PREFIXES) or name.endswith(RESERVED_SUFFIXES):
        raise RefusedRequest(
            f"{name!r} is not a valid bucket name.",
            hint="Use 3 to 63 lowercase letters, digits, dots and hyphens; no capitals, underscores or IP addresses.",
        )


def check_key(key: str, text: str) -> None:
    """Raise `RefusedRequest` for a key that S3 accepts but a training job cannot read."""
    if not key:
        raise RefusedRequest(f"{text} names a whole bucket.", hint="Append a prefix: s3://BUCKET/PREFIX.")
    if key.startswith("/") or "//" in key or key.endswith("/"):
        raise RefusedRequest(f"{text} contains //.", hint="A job cannot read such keys; write single slashes.")
    if {".", ".."} & set(key.split("/")) or not key.isprintable() or len(key.encode()) > MAX_KEY_BYTES:
        raise RefusedRequest(f"{text} cannot be a key.", hint=f"No . or .. as a part, {MAX_KEY_BYTES} bytes at most.")


def parse_image_region(image: str) -> str:
    """Return the Region of an image in ECR."""
    found = IMAGE.fullmatch(image)
    if not found:
        raise RefusedRequest(
            f"{image} is not an image in ECR.",
            hint="Write ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, as build_and_push prints it.",
        )
    return found.group(1)


DATASET_FILES = ("metadata.csv", "wavs/")
VOICE_FILES = (VOICE_FILE,)


def make_head_bucket_call(address: S3Address) -> Call:
    """Return the request for a bucket's Region."""
    return Call("s3", "HeadBucket", {"Bucket": address.bucket})


def make_list_call(address: S3Address, path: str) -> Call:
    """Return the request for the first object in a folder whose path has this prefix."""
    return Call("s3", "ListObjectsV2", {"Bucket": address.bucket, "Prefix": address.folder + path, "MaxKeys": 1})


def make_head_object_call(address: S3Address) -> Call:
    """Return the request for the size of an object."""
    return Call("s3", "HeadObject", {"Bucket": address.bucket, "Key": address.key})


def make_folder_calls(address: S3Address, files: tuple[str, ...]) -> list[Call]:
    """Return the requests that `check_folder` sends."""
    return [make_head_bucket_call(address), *(make_list_call(address, path) for path in files)]


def check_bucket_region(aws: Aws, address: S3Address) -> None:
    """Raise `RefusedRequest` unless the bucket is in the Region, as jobs and endpoints read no others."""
    found = send_unless_missing(aws, make_head_bucket_call(address))
    if found is None:
        raise RefusedRequest(
            f"There is no bucket {address.bucket}.",
            hint=f"Make it first: aws s3 mb s3://{address.bucket} --region {aws.region}",
        )
    region = found.get("BucketRegion")
    if region and region != aws.region:
        raise RefusedRequest(
            f"The bucket {address.bucket} is in {region}, not in {aws.region}.",
            hint=f"Use a bucket in {aws.region}, or --region {region}.",
        )


def check_folder(aws: Aws, address: S3Address, files: tuple[str, ...]) -> None:
    """Raise `RefusedRequest` unless the files that a channel needs are directly in the folder."""
    check_bucket_region(aws, address)
    for path in files:
        if not aws.send(make_list_call(address, path)).get("Contents"):
            raise RefusedRequest(
                f"There is no {path} below {address}/.",
                hint="Upload the folder with python -m scripts.sagemaker.upload_dataset, and use the same address.",
            )


def check_object(aws: Aws, address: S3Address) -> int:
    """Return the size of an object in bytes; raise `RefusedRequest` if it does not exist."""
    check_bucket_region(aws, address)
    found = send_unless_missing(aws, make_head_object_call(address))
    if found is None:
        raise RefusedRequest(f"There is no {address}.", hint="fetch_model prints the address of a job's model.")
    return int(found["ContentLength"])


def check_image(image: str, region: str) -> None:
    """Raise `RefusedRequest` unless the image is in the Region, as SageMaker uses no others."""
    if (found := parse_image_region(image)) != region:
        raise RefusedRequest(
            f"The image is in {found}, not in {region}.",
            hint=f"Push it there with build_and_push --region {region}, or use --region {found}.",
        )
