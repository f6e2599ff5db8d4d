"""boto3 speaks with the real service, through what SageMaker's runtime does in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli.parser import UsageError
from scripts.sagemaker.invoke_endpoint import read_source
from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.runtime_front import BREAKING, runtime_front
from tests.sagemaker_deploy.scripted import Scripted
from tests.serving import Server, serving_here

TEXT = "The harbour was quiet. I am so happy that you are finally here!"
REQUEST = {"text": TEXT, "emotion": "joy", "seed": 1}


@pytest.fixture
def runtime(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """boto3 finds the runtime's front before a running service."""
    with serving_here(runtime_front(server.url)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        yield


def invoke(*arguments: str | Path, name: str = "intone") -> int:
    code: int = COMMANDS["invoke_endpoint"].main([name, *map(str, arguments)])
    return code


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("ending", ["wav", "flac", "mp3"])
def test_what_comes_out_is_what_the_service_says(
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
def test_a_text_and_ssml_are_spoken(tmp_path: Path) -> None:
    assert invoke(TEXT, "-o", tmp_path / "text.wav") == 0
    assert invoke("<speak>It <emphasis>rains</emphasis>.</speak>", "--ssml", "-o", tmp_path / "ssml.wav") == 0
    for name in ("text", "ssml"):
        assert (tmp_path / f"{name}.wav").read_bytes()[:4] == b"RIFF"


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("stream", [(), ("--stream",)])
def test_an_error_is_told_in_the_services_own_words(
    stream: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = json.dumps({"text": "Hi.", "voice": "nobody"})
    assert invoke(request, "--json", "-o", tmp_path / "out.wav", *stream) == 1
    said = capsys.readouterr().err
    assert "404 Unknown voice (voice_not_found): There is no voice 'nobody'. Known voices: wren" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("runtime")
def test_a_broken_stream_leaves_what_was_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.wav"
    output.write_bytes(b"as it was")
    assert invoke(TEXT, "--stream", "-o", output, name=BREAKING) == 1
    assert "The container died." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [output] and output.read_bytes() == b"as it was"


def test_an_error_of_aws_itself_is_told(scripted: Scripted, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    scripted.fail("sagemaker-runtime", "invoke_endpoint", "ValidationError", "Endpoint intone not found.")
    assert invoke("Hi.", "-o", tmp_path / "out.wav") == 1
    assert "AWS says ValidationError: Endpoint intone not found." in capsys.readouterr().err


def test_a_source_is_a_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("It rains.")
    (tmp_path / "noise").write_bytes(b"\xff\xfe\xff")
    assert read_source(str(tmp_path / "story.txt")) == "It rains."
    assert read_source("It rains. " * 100) == "It rains. " * 100
    with pytest.raises(UsageError, match="not UTF-8"):
        read_source(str(tmp_path / "noise"))
