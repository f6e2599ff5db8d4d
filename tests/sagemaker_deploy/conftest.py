"""No test reaches AWS: the credentials are fake, and clients get responses from a script or from moto."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from tests.sagemaker_deploy.scripted import REGION, Scripted


@pytest.fixture(autouse=True)
def isolate_from_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set fake credentials, hide the configuration of the user, and remove pauses."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("scripts.sagemaker.command.POLL_SECONDS", 0)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """Replace AWS by scripted responses, all of which must be used."""
    aws = Scripted()
    monkeypatch.setattr("scripts.sagemaker.command.open_aws", lambda region: aws)
    yield aws
    aws.assert_all_used()


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start an empty moto in a thread, in place of AWS for boto3; return its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.post(f"http://{host}:{port}/moto-api/reset", trust_env=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def close_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the clients that a test creates; the commands close theirs."""
    clients: list[Any] = []
    create = boto3.client

    def create_and_keep(*names: Any, **options: Any) -> Any:
        clients.append(create(*names, **options))
        return clients[-1]

    monkeypatch.setattr(boto3, "client", create_and_keep)
    yield
    for client in clients:
        client.close()
