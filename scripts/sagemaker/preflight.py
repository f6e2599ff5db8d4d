"""Check buckets, folders, objects and images before anything is created."""

from __future__ import annotations

from app.voices.manifest import FILE_NAME as VOICE_FILE
from scripts.sagemaker.address import S3Address, parse_image_region
from scripts.sagemaker.aws import Aws, Call, send_unless_missing
from scripts.sagemaker.errors import RefusedRequest

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
