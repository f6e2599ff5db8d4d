"""Settings other than the defaults take effect in a real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.packages import bundled_models_dir
from tests.serving import Server, start_server
from tests.tiny_voice import write_tiny_voice

HAPPY = "I am so happy that it is finally here!"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("configured_server")
    write_tiny_voice(folder / "voices" / "tiny", speakers=("neutral", "sadness"))
    (folder / "labels.json").write_text(json.dumps({"joy": "sad"}))
    (folder / "words.csv").write_text("Siobhan,Shivawn\nSiobhan,Other\n")
    return folder


@pytest.fixture(scope="module")
def configured_server(folder: Path) -> Iterator[Server]:
    server = start_server(
        folder,
        *("--voices", f"{folder / 'voices'}:{bundled_models_dir() / 'voices'}", "--default-voice", "TINY"),
        *("--voice-aliases", "en-US-JennyNeural=Wren", "--label-map", str(folder / "labels.json")),
        *("--lexicon", str(folder / "words.csv"), "--threshold", "0", "--cache-mb", "0", "--log-format", "console"),
        *("--workers", "1", "--threads", "2", "--batch-size", "1", "--concurrency", "2"),
        *("--backend", "openvino", "--graph-cache", str(folder / "graphs")),
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def client(configured_server: Server) -> Iterator[httpx.Client]:
    with configured_server.create_client() as client:
        yield client


def test_the_default_voice_speaks_requests_without_a_voice_or_with_one_of_openais(client: httpx.Client) -> None:
    for fields in ({}, {"voice": "alloy"}):
        assert client.post("/synthesize", json={"text": "Hi.", **fields}).headers["x-voice"] == "tiny"
    listed = client.get("/voices").json()
    assert (listed["default"], listed["aliases"]["alloy"]) == ("tiny", "tiny")


def test_a_configured_alias_selects_its_voice(client: httpx.Client) -> None:
    response = client.post("/synthesize", json={"text": "Hi.", "voice": "en-us-jennyneural"})
    assert response.headers["x-voice"] == client.get("/voices").json()["aliases"]["en-US-JennyNeural"] == "wren"


def test_the_label_map_and_the_threshold_take_effect(client: httpx.Client) -> None:
    (one,) = client.post("/analyze", json={"text": HAPPY}).json()["utterances"]
    assert one["emotion"] == "sadness" and one["probabilities"]["joy"] == 0
    assert " over 0.00" in one["reason"]


def test_the_lexicon_takes_effect_and_what_is_wrong_in_it_is_logged(
    configured_server: Server, client: httpx.Client
) -> None:
    document = '<speak><lexicon uri="service" xml:id="s"/>Siobhan <lookup ref="s">Siobhan</lookup></speak>'
    for fields, spoken in (
        ({"text": "Siobhan."}, "Shivawn."),
        ({"text": "Siobhan.", "lexicon": {"Siobhan": "Mine"}}, "Mine."),
        ({"ssml": document}, "Siobhan Shivawn"),
    ):
        plan = client.post("/analyze", json=fields).json()
        assert [one["spoken"] for one in plan["utterances"]] == [spoken] and not plan["warnings"]
    assert "two readings of 'Siobhan'" in configured_server.log_text()


def test_nothing_is_cached_if_the_cache_is_off(client: httpx.Client) -> None:
    for _ in range(2):
        client.post("/synthesize", json={"text": "Hello.", "seed": 1})
    assert "\nintone_cache_bytes 0.0\n" in client.get("/metrics").text


def test_converted_networks_are_kept_in_the_configured_folder(client: httpx.Client, folder: Path) -> None:
    assert client.get("/ready").status_code == 200
    assert any(path.is_file() for path in (folder / "graphs").rglob("*"))


def test_the_console_format_of_the_log_is_not_json(configured_server: Server, client: httpx.Client) -> None:
    client.get("/voices")
    lines = [line for line in configured_server.log_text().splitlines() if "/voices" in line]
    assert lines and not any(line.startswith("{") for line in lines)
