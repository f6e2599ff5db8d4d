"""Nothing here reaches AWS: credentials that are none, and clients that answer from a script or from moto."""

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
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys that open nothing, no configuration of whoever runs the tests, and no pauses."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("scripts.sagemaker.waiting.SECONDS", 0)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """Answers that a test writes down; all of them must be used."""
    aws = Scripted()
    monkeypatch.setattr("scripts.sagemaker.command.open_aws", lambda region: aws)
    yield aws
    aws.assert_all_used()


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """moto in a thread of its own, empty, where boto3 finds it instead of AWS; its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.post(f"http://{host}:{port}/moto-api/reset", trust_env=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def clients_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those that a test makes for itself; the commands close theirs."""
    made: list[Any] = []
    make = boto3.client

    def keep(*names: Any, **options: Any) -> Any:
        made.append(make(*names, **options))
        return made[-1]

    monkeypatch.setattr(boto3, "client", keep)
    yield
    for client in made:
        client.close()
