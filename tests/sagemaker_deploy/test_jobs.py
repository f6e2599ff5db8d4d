"""A training job is followed to its end, and its failure told with AWS's reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sagemaker_deploy.dry_runs import COMMANDS, TRAIN
from tests.sagemaker_deploy.scripted import ACCOUNT, REGION, Scripted

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/intone-1"
FOUND = {"Contents": [{"Key": "recordings/metadata.csv"}]}


def begun(aws: Scripted) -> None:
    """Everything is where it should be, and the job is taken."""
    for bucket in range(2):
        aws.answer("s3", "head_bucket", {"BucketRegion": REGION})
        for _ in range(2 - 2 * bucket):
            aws.answer("s3", "list_objects_v2", FOUND)
    aws.answer("sagemaker", "create_training_job", {"TrainingJobArn": ARN})


def describe(aws: Scripted, status: str, secondary: str, **values: Any) -> None:
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
    aws.answer("sagemaker", "describe_training_job", {key: value for key, value in job.items() if value is not None})


def test_a_job_is_followed_to_its_model(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    begun(scripted)
    describe(scripted, "InProgress", "Downloading")
    metrics = [{"MetricName": "train:loss", "Value": -0.25, "Timestamp": NOW}]
    describe(scripted, "InProgress", "Training", FinalMetricDataList=metrics)
    describe(scripted, "InProgress", "Training", FinalMetricDataList=metrics)
    describe(scripted, "Completed", "Completed", FinalMetricDataList=metrics)
    assert COMMANDS["start_training_job"].main(TRAIN) == 0
    said = capsys.readouterr()
    assert said.out == "intone-1\n"
    assert "1 × ml.c7i.2xlarge, which costs by the hour until it ends, after 24.2 hours at most" in said.err
    assert said.err.count("Training it train:loss=-0.25") == 1
    assert "s3://voices-of-ours/jobs/intone-1/output/model.tar.gz" in said.err


def test_a_failed_job_is_told_with_its_reason(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    begun(scripted)
    reason = "AlgorithmError: The channel training is missing or empty., exit code: 1"
    describe(scripted, "Failed", "Failed", FailureReason=reason)
    assert COMMANDS["start_training_job"].main(TRAIN) == 1
    said = capsys.readouterr()
    assert reason in said.err and "--log-stream-name-prefix intone-1/" in said.err
    assert said.out == ""


def test_a_job_that_was_stopped_with_a_model_has_one(scripted: Scripted) -> None:
    begun(scripted)
    describe(scripted, "Stopping", "Stopping")
    describe(scripted, "Stopped", "MaxRuntimeExceeded")
    assert COMMANDS["start_training_job"].main(TRAIN) == 0


def test_a_job_that_was_stopped_too_early_has_none(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    begun(scripted)
    describe(scripted, "Stopped", "Stopped", ModelArtifacts={"S3ModelArtifacts": ""})
    assert COMMANDS["start_training_job"].main(TRAIN) == 1
    assert "stopped before it had a model" in capsys.readouterr().err


def test_nobody_need_wait(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    begun(scripted)
    assert COMMANDS["start_training_job"].main((*TRAIN, "--no-wait")) == 0
    assert capsys.readouterr().out == "intone-1\n"


def test_ctrl_c_ends_the_waiting_not_the_job(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(scripted)
    describe(scripted, "InProgress", "Training")

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.sagemaker.waiting.time.sleep", interrupt)
    assert COMMANDS["start_training_job"].main(TRAIN) == 130
    assert "StopTrainingJob" not in scripted.operations()
