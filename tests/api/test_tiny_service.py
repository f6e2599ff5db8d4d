"""A service with one small voice: its files change while it runs, and several keys use its cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.inference.pytorch import TorchBackend
from app.main import create_app
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline, load_classifier
from app.voices import Registry
from tests.serving import serve_in_thread
from tests.speaking import running_engine
from tests.tiny_voice import write_tiny_voice

KEYS = {name: f"key-of-{name}-0123456789" for name in ("alice", "bob")}
HELLO = {"text": "Hello.", "voice": "tiny", "emotion": "neutral"}
OPENAIS_HELLO = {"input": "Hello.", "voice": "tiny", "emotion": "neutral", "model": "tts-1"}

PostJson = Callable[..., httpx.Response]
"""Posts JSON to a route, by default with the key of alice."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_voice(tmp_path / "secret place" / "tiny", weights=".safetensors")


@pytest.fixture
def pipeline(folder: Path) -> Iterator[Pipeline]:
    settings = load_settings(voices=[folder], default_voice="tiny", api_keys=KEYS)
    with running_engine(workers=1, cache_bytes=20_000_000) as engine:
        registry = Registry(settings.voices, settings.default_voice)
        yield Pipeline(settings, load_classifier(settings, TorchBackend()), registry, engine)


@pytest.fixture
def post_json(pipeline: Pipeline) -> Iterator[PostJson]:
    app = create_app(pipeline.settings)
    app.state.service.loaded = pipeline
    with serve_in_thread(app) as url, httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
        yield lambda route, body, name="alice": client.post(
            route, json=body, headers={"Authorization": f"Bearer {KEYS[name]}"}
        )


@pytest.mark.parametrize(("route", "body"), [("/synthesize", HELLO), ("/v1/audio/speech", OPENAIS_HELLO)])
def test_a_voice_with_missing_files_is_unavailable_until_they_are_restored(
    post_json: PostJson, folder: Path, route: str, body: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    away = folder.rename(folder.with_name("away"))
    response = post_json(route, body)
    error = response.json()["error"] if "error" in response.json() else response.json()
    assert (response.status_code, error["code"]) == (503, "voice_unavailable")
    assert "secret place" not in response.text  # only the operator may see paths
    assert "secret place" in caplog.text
    away.rename(folder)
    assert post_json(route, body).status_code == 200


def test_modified_weights_are_refused(post_json: PostJson, folder: Path) -> None:
    file = folder / "acoustic" / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    response = post_json("/synthesize", HELLO)
    assert (response.status_code, response.json()["code"]) == (503, "voice_unavailable")


@pytest.mark.parametrize(("route", "body"), [("/synthesize", HELLO), ("/v1/audio/speech", OPENAIS_HELLO)])
def test_cached_audio_is_not_shared_between_keys(
    post_json: PostJson, pipeline: Pipeline, route: str, body: dict[str, str]
) -> None:
    hits = []
    for name in ("alice", "bob", "alice"):
        assert post_json(route, body, name).status_code == 200
        hits.append(pipeline.engine.cache.hits)
    assert hits == [0, 0, 1]
