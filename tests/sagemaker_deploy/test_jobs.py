"""A training job is followed to its end, and a failure is reported with AWS's reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sagemaker_deploy.dry_runs import COMMANDS, TRAIN
from tests.sagemaker_deploy.scripted import ACCOUNT, REGION, Scripted

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/intone-1"
FOUND = {"Contents": [{"Key": "recordings/metadata.csv"}]}


def script_start(aws: Scripted) -> None:
    """Add the responses for existing inputs and an accepted job."""
    for bucket in range(2):
        aws.respond("s3", "head_bucket", {"BucketRegion": REGION})
        for _ in range(2 - 2 * bucket):
            aws.respond("s3", "list_objects_v2", FOUND)
    aws.respond("sagemaker", "create_training_job", {"TrainingJobArn": ARN})


def script_description(aws: Scripted, status: str, secondary: str, **values: Any) -> None:
    job = {
        "TrainingJobName": "intone-1",
        "TrainingJobArn": ARN,
        "ModelArtifacts": {"S3ModelArtifacts": "s3://voices-of-ours/jobs/intone-1/output/model.tar.gz"},
        "TrainingJobStatus": status,
        "SecondaryStatus": secondary,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 1},
        "StoppingCondition": {},
        "CreationTime": NOW,
        "SecondaryStatusTransitions": [{"Status": secondary, "StartTime": NOW, "StatusMessage": f"{secondary} it"}],
        **values,
    }
    aws.respond("sagemaker", "describe_training_job", {key: value for key, value in job.items() if value is not None})


def test_a_job_is_followed_until_its_model_exists(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    script_start(scripted)
    script_description(scripted, "InProgress", "Downloading")
    metrics = [{"MetricName": "train:loss", "Value": -0.25, "Timestamp": NOW}]
    script_description(scripted, "InProgress", "Training", FinalMetricDataList=metrics)
    script_description(scripted, "InProgress", "Training", FinalMetricDataList=metrics)
    script_description(scripted, "Completed", "Completed", FinalMetricDataList=metrics)
    assert COMMANDS["start_training_job"].main(TRAIN) == 0
    captured = capsys.readouterr()
    assert captured.out == "intone-1\n"
    assert "1 × ml.c7i.2xlarge, which is billed by the hour until it ends, after 24.2 hours at most" in captured.err
    assert captured.err.count("Training it train:loss=-0.25") == 1
    assert "s3://voices-of-ours/jobs/intone-1/output/model.tar.gz" in captured.err


def test_a_failed_job_is_reported_with_its_reason(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    script_start(scripted)
    reason = "AlgorithmError: The channel training is missing or empty., exit code: 1"
    script_description(scripted, "Failed", "Failed", FailureReason=reason)
    assert COMMANDS["start_training_job"].main(TRAIN) == 1
    captured = capsys.readouterr()
    assert reason in captured.err and "--log-stream-name-prefix intone-1/" in captured.err
    assert captured.out == ""


def test_a_stopped_job_with_a_model_succeeds(scripted: Scripted) -> None:
    script_start(scripted)
    script_description(scripted, "Stopping", "Stopping")
    script_description(scripted, "Stopped", "MaxRuntimeExceeded")
    assert COMMANDS["start_training_job"].main(TRAIN) == 0


def test_a_stopped_job_without_a_model_fails(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    script_start(scripted)
    script_description(scripted, "Stopped", "Stopped", ModelArtifacts={"S3ModelArtifacts": ""})
    assert COMMANDS["start_training_job"].main(TRAIN) == 1
    assert "stopped before it had a model" in capsys.readouterr().err


def test_no_wait_returns_at_once(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    script_start(scripted)
    assert COMMANDS["start_training_job"].main((*TRAIN, "--no-wait")) == 0
    assert capsys.readouterr().out == "intone-1\n"


def test_ctrl_c_ends_the_wait_and_not_the_job(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    script_start(scripted)
    script_description(scripted, "InProgress", "Training")

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.sagemaker.command.time.sleep", interrupt)
    assert COMMANDS["start_training_job"].main(TRAIN) == 130
    assert "StopTrainingJob" not in scripted.list_operations()
