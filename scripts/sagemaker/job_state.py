"""Wait for a training job and report its progress."""

from __future__ import annotations

from typing import Any

from scripts.sagemaker.aws import Aws
from scripts.sagemaker.errors import FailedOperation
from scripts.sagemaker.training_request import make_describe_job_call
from scripts.sagemaker.waiting import wait

RUNNING = ("InProgress", "Stopping")


def wait_for_job(aws: Aws, name: str) -> dict[str, Any]:
    """Return the job's description once it has ended; raise `FailedOperation` if it has failed or has no model."""
    job = wait(lambda: aws.send(make_describe_job_call(name)), format_state=format_job_state, is_done=has_ended)
    if job["TrainingJobStatus"] == "Failed":
        raise FailedOperation(
            f"The job {name} failed: {job.get('FailureReason', 'no reason was given')}",
            hint=f"Its log: aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix {name}/",
        )
    if not job.get("ModelArtifacts", {}).get("S3ModelArtifacts"):
        raise FailedOperation(f"The job {name} was stopped before it had a model.")
    return job


def has_ended(job: dict[str, Any]) -> bool:
    """Return whether the job has ended, successfully or not."""
    return job["TrainingJobStatus"] not in RUNNING


def format_job_state(job: dict[str, Any]) -> str:
    """Return the status, its message, and the latest metrics."""
    steps = job.get("SecondaryStatusTransitions") or [{}]
    message = steps[-1].get("StatusMessage", "")
    metrics = "".join(f" {one['MetricName']}={one['Value']:.4g}" for one in job.get("FinalMetricDataList", []))
    return f"{job['TrainingJobStatus']}/{job.get('SecondaryStatus', '')} {message}{metrics}".strip()
