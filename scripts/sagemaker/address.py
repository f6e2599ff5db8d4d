"""Addresses in S3 and ECR, refused before they can cost a job."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scripts.sagemaker.errors import Refused

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
IP_ADDRESS = re.compile(r"(\d{1,3}\.){3}\d{1,3}")
IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/[a-z0-9._/-]+(:[\w.-]+|@sha256:[0-9a-f]{64})"
)
LONGEST_KEY = 1024
"""Bytes."""


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket and what stands behind it: a key, or a prefix without a slash at its end."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def folder(self) -> str:
        """As a prefix that holds this folder alone, not also its namesakes: `voices/` is not `voices-old/`."""
        return f"{self.key}/"

    def below(self, path: str) -> S3Address:
        """A key in this folder."""
        return parse_s3(f"{self}/{path}")


def parse_s3(text: str) -> S3Address:
    """Read `s3://BUCKET/PREFIX`; a slash at its end does not count."""
    if not text.startswith("s3://"):
        raise Refused(f"{text} is no address in S3.", hint="Write s3://BUCKET/PREFIX.")
    bucket, _, key = text.removeprefix("s3://").partition("/")
    check_bucket(bucket)
    if key.endswith("/") and not key.endswith("//"):
        key = key[:-1]
    check_key(key, text)
    return S3Address(bucket, key)


def check_bucket(name: str) -> None:
    """S3's rules for names of buckets."""
    wrong = not BUCKET.fullmatch(name) or ".." in name or IP_ADDRESS.fullmatch(name)
    if wrong or name.startswith(RESERVED_STARTS) or name.endswith(RESERVED_ENDS):
        raise Refused(
            f"{name!r} cannot be the name of a bucket.",
            hint="3 to 63 small letters, digits, dots and hyphens; no capitals, underscores or IP addresses.",
        )


def check_key(key: str, text: str) -> None:
    """What S3 takes but a training job stumbles over."""
    if not key:
        raise Refused(f"{text} names a whole bucket.", hint="Put a prefix behind it: s3://BUCKET/PREFIX.")
    if key.startswith("/") or "//" in key or key.endswith("/"):
        raise Refused(f"{text} holds //.", hint="A job cannot read such keys; write single slashes.")
    if {".", ".."} & set(key.split("/")) or not key.isprintable() or len(key.encode()) > LONGEST_KEY:
        raise Refused(f"{text} cannot be a key.", hint=f"No . or .. as a part, {LONGEST_KEY} bytes at most.")


def image_region(image: str) -> str:
    """The Region of an image in ECR."""
    found = IMAGE.fullmatch(image)
    if not found:
        raise Refused(
            f"{image} is no image in ECR.",
            hint="Write ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, as build_and_push prints it.",
        )
    return found.group(1)
