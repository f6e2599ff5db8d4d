"""Waits for a training job, telling how it goes."""

from __future__ import annotations

from typing import Any

from scripts.sagemaker.aws import Aws
from scripts.sagemaker.errors import Failed
from scripts.sagemaker.training_request import describe_call
from scripts.sagemaker.waiting import wait

RUNNING = ("InProgress", "Stopping")


def wait_for_job(aws: Aws, name: str) -> dict[str, Any]:
    """The job's description once it has ended; a failed one is raised with its FailureReason."""
    job = wait(lambda: aws.send(describe_call(name)), line=job_line, over=is_over)
    if job["TrainingJobStatus"] == "Failed":
        raise Failed(
            f"The job {name} failed: {job.get('FailureReason', 'no reason was given')}",
            hint=f"Its log: aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix {name}/",
        )
    if not job.get("ModelArtifacts", {}).get("S3ModelArtifacts"):
        raise Failed(f"The job {name} was stopped before it had a model.")
    return job


def is_over(job: dict[str, Any]) -> bool:
    """Whether it has ended, well or not."""
    return job["TrainingJobStatus"] not in RUNNING


def job_line(job: dict[str, Any]) -> str:
    """Status, what AWS says of it, and the last metrics."""
    steps = job.get("SecondaryStatusTransitions") or [{}]
    said = steps[-1].get("StatusMessage", "")
    metrics = "".join(f" {one['MetricName']}={one['Value']:.4g}" for one in job.get("FinalMetricDataList", []))
    return f"{job['TrainingJobStatus']}/{job.get('SecondaryStatus', '')} {said}{metrics}".strip()
