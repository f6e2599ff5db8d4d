"""What is asked of AWS before anything is created."""

from __future__ import annotations

from app.voices.manifest import FILE_NAME as VOICE_FILE
from scripts.sagemaker.address import S3Address, image_region
from scripts.sagemaker.aws import Aws, Call, unless_missing
from scripts.sagemaker.errors import Refused

DATASET_FILES = ("metadata.csv", "wavs/")
VOICE_FILES = (VOICE_FILE,)


def bucket_call(address: S3Address) -> Call:
    """Asks for a bucket's Region."""
    return Call("s3", "HeadBucket", {"Bucket": address.bucket})


def list_call(address: S3Address, path: str) -> Call:
    """Asks whether a folder holds anything that begins so."""
    return Call("s3", "ListObjectsV2", {"Bucket": address.bucket, "Prefix": address.folder + path, "MaxKeys": 1})


def head_call(address: S3Address) -> Call:
    """Asks for the size of an object."""
    return Call("s3", "HeadObject", {"Bucket": address.bucket, "Key": address.key})


def folder_calls(address: S3Address, files: tuple[str, ...]) -> list[Call]:
    """The questions of `check_folder`."""
    return [bucket_call(address), *(list_call(address, path) for path in files)]


def check_bucket_region(aws: Aws, address: S3Address) -> None:
    """A job or an endpoint reads only buckets of its own Region."""
    found = unless_missing(aws, bucket_call(address))
    if found is None:
        raise Refused(
            f"There is no bucket {address.bucket}.",
            hint=f"Make it first: aws s3 mb s3://{address.bucket} --region {aws.region}",
        )
    region = found.get("BucketRegion")
    if region and region != aws.region:
        raise Refused(
            f"The bucket {address.bucket} is in {region}, not in {aws.region}.",
            hint=f"Use a bucket in {aws.region}, or --region {region}.",
        )


def check_folder(aws: Aws, address: S3Address, files: tuple[str, ...]) -> None:
    """What a channel needs is directly below its address."""
    check_bucket_region(aws, address)
    for path in files:
        if not aws.send(list_call(address, path)).get("Contents"):
            raise Refused(
                f"There is no {path} below {address}/.",
                hint="Upload the folder with python -m scripts.sagemaker.upload_dataset, and name that very address.",
            )


def check_object(aws: Aws, address: S3Address) -> int:
    """That an object is there; its size in bytes."""
    check_bucket_region(aws, address)
    found = unless_missing(aws, head_call(address))
    if found is None:
        raise Refused(f"There is no {address}.", hint="fetch_model tells where a job's model is.")
    return int(found["ContentLength"])


def check_image(image: str, region: str) -> None:
    """SageMaker takes images from ECR in its own Region."""
    if (found := image_region(image)) != region:
        raise Refused(
            f"The image is in {found}, not in {region}.",
            hint=f"Push it there with build_and_push --region {region}, or use --region {found}.",
        )
