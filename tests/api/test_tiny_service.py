"""A service of one small voice in this process: its files change under it, and callers with keys share its cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.inference.torch import TorchBackend
from app.main import create_app
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline, load_classifier
from app.voices import Registry
from tests.serving import serving_here
from tests.speaking import running_engine
from tests.tiny_voice import write_tiny_voice

KEYS = {name: f"key-of-{name}-0123456789" for name in ("alice", "bob")}
HELLO = {"text": "Hello.", "voice": "tiny", "emotion": "neutral"}
OPENAIS_HELLO = {"input": "Hello.", "voice": "tiny", "emotion": "neutral", "model": "tts-1"}

Ask = Callable[..., httpx.Response]
"""Posts some JSON to a route, by default with the key of alice."""


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
def ask(pipeline: Pipeline) -> Iterator[Ask]:
    app = create_app(pipeline.settings)
    app.state.service.loaded = pipeline
    with serving_here(app) as url, httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
        yield lambda route, body, name="alice": client.post(
            route, json=body, headers={"Authorization": f"Bearer {KEYS[name]}"}
        )


@pytest.mark.parametrize(("route", "body"), [("/synthesize", HELLO), ("/v1/audio/speech", OPENAIS_HELLO)])
def test_a_voice_whose_files_are_gone_is_unavailable_until_they_are_back(
    ask: Ask, folder: Path, route: str, body: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    away = folder.rename(folder.with_name("away"))
    answer = ask(route, body)
    error = answer.json()["error"] if "error" in answer.json() else answer.json()
    assert (answer.status_code, error["code"]) == (503, "voice_unavailable")
    assert "secret place" not in answer.text  # paths are the operator's
    assert "secret place" in caplog.text
    away.rename(folder)
    assert ask(route, body).status_code == 200


def test_weights_that_were_swapped_do_not_speak(ask: Ask, folder: Path) -> None:
    file = folder / "acoustic" / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    answer = ask("/synthesize", HELLO)
    assert (answer.status_code, answer.json()["code"]) == (503, "voice_unavailable")


@pytest.mark.parametrize(("route", "body"), [("/synthesize", HELLO), ("/v1/audio/speech", OPENAIS_HELLO)])
def test_nobody_learns_what_another_key_had_spoken(
    ask: Ask, pipeline: Pipeline, route: str, body: dict[str, str]
) -> None:
    hits = []
    for name in ("alice", "bob", "alice"):
        assert ask(route, body, name).status_code == 200
        hits.append(pipeline.engine.cache.hits)
    assert hits == [0, 0, 1]
