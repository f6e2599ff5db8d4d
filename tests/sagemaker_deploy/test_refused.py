"""Invalid uses are refused with a hint before anything is created."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from scripts.sagemaker.address import parse_s3
from scripts.sagemaker.aws import RefusedRequest
from tests.sagemaker_deploy.dry_runs import COMMANDS, DEPLOY, TRAIN
from tests.sagemaker_deploy.scripted import REGION


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("voices/recordings", "not an address in S3"),
        ("https://voices.s3.amazonaws.com/recordings", "not an address in S3"),
        ("S3://voices/recordings", "not an address in S3"),
        ("s3://voices", "whole bucket"),
        ("s3://voices/", "whole bucket"),
        ("s3://voices//recordings", "//"),
        ("s3://voices/a//b", "//"),
        ("s3://voices/a//", "//"),
        ("s3:///recordings", "valid bucket name"),
        ("s3://Voices/recordings", "valid bucket name"),
        ("s3://voices_of_ours/a", "valid bucket name"),
        ("s3://vo/a", "valid bucket name"),
        (f"s3://{'v' * 64}/a", "valid bucket name"),
        ("s3://-voices/a", "valid bucket name"),
        ("s3://voices..ours/a", "valid bucket name"),
        ("s3://192.168.1.1/a", "valid bucket name"),
        ("s3://xn--voices/a", "valid bucket name"),
        ("s3://voices-s3alias/a", "valid bucket name"),
        ("s3://voices/../a", "cannot be a key"),
        ("s3://voices/a\nb", "cannot be a key"),
        (f"s3://voices/{'a' * 1025}", "cannot be a key"),
    ],
)
def test_an_invalid_s3_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(RefusedRequest) as refused:
        parse_s3(address)
    assert message in refused.value.detail and refused.value.hint


@pytest.mark.parametrize("address", ["s3://voices/a", "s3://voices/a/", "s3://voices.of.ours/a/b c/d.tar.gz"])
def test_a_valid_s3_address_is_accepted(address: str) -> None:
    assert str(parse_s3(address)) == address.removesuffix("/")


RunRefused = Callable[..., str]


@pytest.fixture
def run_refused(capsys: pytest.CaptureFixture[str]) -> RunRefused:
    """Return a function that runs a command, which must refuse to start, and returns its error message."""

    def run_refused(command: str, *arguments: str, code: int = 2) -> str:
        assert COMMANDS[command].main(arguments) == code
        captured = capsys.readouterr()
        assert captured.out == "" and len(captured.err.splitlines()) == 1
        return captured.err

    return run_refused


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        ("start_training_job", (*TRAIN, "--set", "epoch=3"), "epoch"),
        ("start_training_job", (*TRAIN, "--set", "epochs=many"), "epochs"),
        ("start_training_job", (*TRAIN, "--set", "epochs"), "NAME=VALUE"),
        ("start_training_job", (*TRAIN, "--spot", "--max-wait", "60"), "below --max-runtime"),
        ("start_training_job", (*TRAIN, "--max-wait", "90000"), "--max-wait is for --spot"),
        ("start_training_job", (*TRAIN, "--max-runtime", "60"), "would stop a training"),
        ("start_training_job", (*TRAIN, "--name", "intone_1"), "TrainingJobName does not fit"),
        ("start_training_job", (*TRAIN, "--instance-type", "ml.g5"), "InstanceType is none of those"),
        ("start_training_job", (*TRAIN, "--region", "us-east-1"), f"The image is in {REGION}, not in us-east-1"),
        ("start_training_job", (*TRAIN, "--image", "intone:latest"), "not an image in ECR"),
        ("start_training_job", (*TRAIN, "--role", "intone"), "RoleArn"),
        ("start_training_job", (*TRAIN, "--training", "s3://voices//a"), "//"),
        ("deploy_endpoint", (*DEPLOY, "--model", "model.tar.gz"), "not an address in S3"),
        ("deploy_endpoint", (*DEPLOY, "--instances", "0"), "at least 1"),
        ("deploy_endpoint", (*DEPLOY, "--instances", "3", "--max-instances", "2"), "at most --max-instances"),
        ("deploy_endpoint", (*DEPLOY, "--region", "us-east-1"), "not in us-east-1"),
        ("deploy_endpoint", ("in_tone", *DEPLOY[1:]), "does not fit"),
        ("deploy_endpoint", ("i" * 48, *DEPLOY[1:]), "48 characters"),
        ("deploy_endpoint", (*DEPLOY, "--env", "A B=1"), "Environment"),
        ("build_and_push", ("--account", "me"), "twelve digits"),
        ("invoke_endpoint", ("intone", "It rains.", "-o", "rain.ogg"), "ends in none of"),
        ("invoke_endpoint", ("intone", "{", "--json", "-o", "rain.wav"), "not JSON"),
        ("invoke_endpoint", ("intone", "[]", "--json", "-o", "rain.wav"), "not a JSON object"),
        ("fetch_model", ("intone-1", "."), "already exists"),
        ("fetch_model", ("s3://voices", "voice"), "whole bucket"),
        ("delete_endpoint", ("in_tone",), "does not fit"),
    ],
)
def test_invalid_arguments_are_reported_without_a_request_to_aws(
    command: str, arguments: tuple[str, ...], message: str, run_refused: RunRefused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert message in run_refused(command, *arguments)


def test_a_region_is_required(run_refused: RunRefused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "No Region is set" in run_refused("delete_endpoint", "intone")


def test_recordings_must_have_the_layout_of_ljspeech(run_refused: RunRefused, tmp_path: Path) -> None:
    (tmp_path / "wavs").mkdir()
    assert "neither recordings nor a voice" in run_refused("upload_dataset", str(tmp_path), "s3://voices/a")


@pytest.mark.usefixtures("moto")
def test_a_bucket_of_another_region_is_refused(run_refused: RunRefused) -> None:
    boto3.client("s3", "us-west-2").create_bucket(
        Bucket="voices-of-ours", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    assert "is in us-west-2, not in eu-central-1" in run_refused("start_training_job", *TRAIN)
    assert "is in us-west-2, not in eu-central-1" in run_refused(
        "deploy_endpoint", *DEPLOY, "--model", "s3://voices-of-ours/model.tar.gz"
    )


@pytest.mark.usefixtures("moto")
def test_an_empty_prefix_is_refused_if_a_longer_prefix_has_objects(run_refused: RunRefused) -> None:
    s3 = boto3.client("s3")
    assert "Make it first: aws s3 mb s3://voices-of-ours" in run_refused("start_training_job", *TRAIN)
    s3.create_bucket(Bucket="voices-of-ours", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("recordings-old/metadata.csv", "recordings-old/wavs/a.wav"):
        s3.put_object(Bucket="voices-of-ours", Key=key, Body=b"")
    assert "no metadata.csv below s3://voices-of-ours/recordings/" in run_refused("start_training_job", *TRAIN)
    s3.put_object(Bucket="voices-of-ours", Key="recordings/metadata.csv", Body=b"")
    assert "no wavs/ below" in run_refused("start_training_job", *TRAIN)
    s3.put_object(Bucket="voices-of-ours", Key="recordings/wavs/a.wav", Body=b"")
    flags = ("--base", "s3://voices-of-ours/recordings")
    assert "no voice.json below" in run_refused("start_training_job", *TRAIN, *flags)
    message = run_refused("deploy_endpoint", *DEPLOY, "--model", "s3://voices-of-ours/model.tar.gz")
    assert "There is no s3://voices-of-ours/model.tar.gz" in message
