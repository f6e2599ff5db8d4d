"""boto3 invokes the real service through a stub of SageMaker's runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli.parser import UsageError
from scripts.sagemaker.invoke_endpoint import read_source
from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.runtime_front import BREAKING, create_runtime
from tests.sagemaker_deploy.scripted import Scripted
from tests.serving import Server, serve_in_thread

TEXT = "The harbour was quiet. I am so happy that you are finally here!"
REQUEST = {"text": TEXT, "emotion": "joy", "seed": 1}


@pytest.fixture
def runtime(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Direct boto3 to a stub of the runtime in front of a running service."""
    with serve_in_thread(create_runtime(server.url)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        yield


def invoke(*arguments: str | Path, name: str = "intone") -> int:
    code: int = COMMANDS["invoke_endpoint"].main([name, *map(str, arguments)])
    return code


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("ending", ["wav", "flac", "mp3"])
def test_the_output_equals_the_response_of_the_service(
    ending: str, stream: bool, client: httpx.Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / f"out.{ending}"
    request = tmp_path / "request.json"
    request.write_text(json.dumps(REQUEST))
    assert invoke(request, "--json", "-o", output, *(["--stream"] if stream else [])) == 0
    spoken = client.post("/synthesize", json={**REQUEST, "format": ending, "stream": stream}).content
    assert output.read_bytes() == spoken and len(spoken) > 1000
    assert f"{len(spoken)} bytes are in {output}" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == sorted([output, request])


@pytest.mark.usefixtures("runtime")
def test_text_and_ssml_are_spoken(tmp_path: Path) -> None:
    assert invoke(TEXT, "-o", tmp_path / "text.wav") == 0
    assert invoke("<speak>It <emphasis>rains</emphasis>.</speak>", "--ssml", "-o", tmp_path / "ssml.wav") == 0
    for name in ("text", "ssml"):
        assert (tmp_path / f"{name}.wav").read_bytes()[:4] == b"RIFF"


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("stream", [(), ("--stream",)])
def test_an_error_of_the_service_is_reported_unchanged(
    stream: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = json.dumps({"text": "Hi.", "voice": "nobody"})
    assert invoke(request, "--json", "-o", tmp_path / "out.wav", *stream) == 1
    error = capsys.readouterr().err
    assert "404 Unknown voice (voice_not_found): There is no voice 'nobody'. Known voices: wren" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("runtime")
def test_a_broken_stream_keeps_the_existing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.wav"
    output.write_bytes(b"as it was")
    assert invoke(TEXT, "--stream", "-o", output, name=BREAKING) == 1
    assert "The container died." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [output] and output.read_bytes() == b"as it was"


def test_an_error_of_aws_is_reported(scripted: Scripted, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    scripted.fail("sagemaker-runtime", "invoke_endpoint", "ValidationError", "Endpoint intone not found.")
    assert invoke("Hi.", "-o", tmp_path / "out.wav") == 1
    assert "AWS reports ValidationError: Endpoint intone not found." in capsys.readouterr().err


def test_a_source_is_a_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("It rains.")
    (tmp_path / "noise").write_bytes(b"\xff\xfe\xff")
    assert read_source(str(tmp_path / "story.txt")) == "It rains."
    assert read_source("It rains. " * 100) == "It rains. " * 100
    with pytest.raises(UsageError, match="not UTF-8"):
        read_source(str(tmp_path / "noise"))
