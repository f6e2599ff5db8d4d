"""A service with several small voices: who speaks what, samples, and voices that come and go while it runs."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from app.inference.pytorch import TorchBackend
from app.main import create_app
from app.settings import load_settings
from app.synthesis.engine import IDLE_SECONDS
from app.synthesis.pipeline import Pipeline, load_classifier
from app.types import SpeechRequest
from app.voices import Registry
from tests.serving import serve_in_thread
from tests.speaking import running_engine
from tests.tiny_voice import change, write_tiny_voice

KEY = "key-of-several-voices"
STORY = '"Come in," said Ruth. "It is late."\n\n"Too late," an old man said.'
SCRIPT = "RUTH: Come in.\nTOM: No.\nRUTH: Why?"


def write_voice(folder: Path, name: str, **values: Any) -> Path:
    """Write a voice of this name."""
    write_tiny_voice(folder / name, weights=".safetensors")
    change(folder / name / "voice.json", name=name, **values)
    return folder / name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voices")
    write_voice(folder, "tiny", gender="female")
    rook = write_voice(folder, "rook", gender="male", locale="en-GB", sample="sample.wav", gain_db=-6.0)
    soundfile.write(rook / "sample.wav", np.linspace(-0.5, 0.5, 1000), 8000)
    return folder


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Iterator[Pipeline]:
    settings = load_settings(voices=[folder], default_voice="tiny", api_keys={"me": KEY})
    with running_engine(workers=1) as engine:
        registry = Registry(settings.voices, settings.default_voice)
        yield Pipeline(settings, load_classifier(settings, TorchBackend()), registry, engine, whole_voices=True)


@pytest.fixture(scope="module")
def client(pipeline: Pipeline) -> Iterator[httpx.Client]:
    app = create_app(pipeline.settings)
    app.state.service.loaded = pipeline
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        serve_in_thread(app) as url,
        httpx.Client(base_url=url, headers=headers, timeout=120, trust_env=False) as client,
    ):
        yield client


def list_voices(client: httpx.Client, **fields: Any) -> list[tuple[str, str | None, str]]:
    """Return the role, the speaker and the voice of each utterance of a plan."""
    response = client.post("/analyze", json={"input_format": "text", **fields})
    assert response.status_code == 200, response.text
    return [(one["role"], one["speaker"], one["voice"]) for one in response.json()["utterances"]]


def test_roles_and_characters_have_voices(client: httpx.Client) -> None:
    expected = [
        ("dialogue", "Ruth", "rook"),
        ("narration", None, "tiny"),
        ("dialogue", "Ruth", "rook"),
        ("dialogue", None, "tiny"),
        ("narration", None, "tiny"),
    ]
    assert list_voices(client, text=STORY, voices={"ruth": "Rook"}) == expected
    everyone = list_voices(client, text=STORY, voices={"narration": "rook", "dialogue": "tiny"})
    assert [voice for *_, voice in everyone] == ["tiny", "rook", "tiny", "tiny", "rook"]
    assert [voice for *_, voice in list_voices(client, text=STORY)] == ["tiny"] * 5


def test_a_request_takes_voices_as_pairs_and_speaks_with_them(client: httpx.Client) -> None:
    parameters = {"text": STORY, "voices": "narration=rook,Ruth=tiny", "timing": "true"}
    utterances = client.get("/synthesize", params=parameters).raise_for_status().json()["plan"]["utterances"]
    assert [one["voice"] for one in utterances] == ["tiny", "rook", "tiny", "tiny", "rook"]
    openai = {"model": "tts-1", "input": STORY, "voice": "tiny", "voices": {"narration": "rook"}}
    assert client.post("/v1/audio/speech", json=openai).status_code == 200


def test_markup_takes_precedence_over_voices(client: httpx.Client) -> None:
    document = '<speak>One. <voice name="tiny">Two.</voice></speak>'
    body = {"ssml": document, "voices": {"narration": "rook"}}
    utterances = client.post("/analyze", json=body).raise_for_status().json()["utterances"]
    assert [one["voice"] for one in utterances] == ["rook", "tiny"]


def test_labels_of_a_script_are_spoken_unless_its_characters_have_voices(client: httpx.Client) -> None:
    read = client.post("/analyze", json={"text": SCRIPT}).json()
    assert [(one["text"], one["speaker"]) for one in read["utterances"]][:2] == [
        ("RUTH: Come in.", "RUTH"),
        ("TOM: No.", "TOM"),
    ]
    narrated = client.post("/analyze", json={"text": SCRIPT, "voices": {"narration": "rook"}}).json()["utterances"]
    assert [(one["text"], one["voice"]) for one in narrated][:2] == [("RUTH:", "rook"), ("Come in.", "tiny")]
    cast = client.post("/analyze", json={"text": SCRIPT, "voices": {"Tom": "rook"}}).json()
    assert [(one["text"], one["speaker"], one["voice"]) for one in cast["utterances"]] == [
        ("Come in.", "RUTH", "tiny"),
        ("No.", "TOM", "rook"),
        ("Why?", "RUTH", "tiny"),
    ]
    assert [warning["code"] for warning in cast["warnings"]] == ["label_left_out"]


def test_turns_have_voices_and_emotions_and_spans_in_their_joined_texts(client: httpx.Client) -> None:
    turns = [{"text": "Come in.", "voice": "rook", "emotion": "anger"}, {"text": "Why? I am tired."}]
    utterances = client.post("/analyze", json={"turns": turns}).raise_for_status().json()["utterances"]
    assert [(one["voice"], one["span"]) for one in utterances] == [
        ("rook", [0, 8]),
        ("tiny", [10, 14]),
        ("tiny", [15, 26]),
    ]
    assert "pinned by the turn" in utterances[0]["reason"]
    assert client.post("/synthesize", json={"turns": turns}).status_code == 200


def test_an_edited_plan_keeps_voices_and_speakers(client: httpx.Client) -> None:
    plan = client.post("/analyze", json={"text": STORY, "voices": {"Ruth": "rook"}}).json()
    again = client.post("/analyze", json={"plan": plan}).raise_for_status().json()
    assert again["utterances"] == plan["utterances"]


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({"text": "Hi.", "voices": {"Ruth": "nobody"}}, 404, "#/voices/Ruth"),
        ({"text": "Hi.", "voices": {"Ruth": 1}}, 422, "#/voices"),
        ({"text": "Hi.", "voices": "{"}, 422, "#/voices"),
        ({"text": "Hi.", "voices": "Ruth"}, 422, "#/voices"),
        ({"text": "Hi.", "voices": {"x" * 101: "tiny"}}, 422, "#/voices"),
        ({"text": "Hi.", "turns": [{"text": "Hi."}]}, 422, "#/turns"),
        ({"turns": []}, 422, "#/turns"),
        ({"turns": [{"text": "Hi."}, {"text": " "}]}, 422, "#/turns/1/text"),
        ({"turns": [{"text": "Hi.", "voice": "nobody"}]}, 404, "#/turns/0/voice"),
        ({"turns": [{"text": "Hi.", "emotion": "bliss"}]}, 422, "#/turns/0/emotion"),
        ({"turns": [{"text": "Hi.", "speed": 2}]}, 422, "#/turns/0/speed"),
        ({"plan": {"utterances": [{"text": "Hi."}]}, "voices": {"Ruth": "tiny"}}, 422, "#/voices"),
    ],
)
def test_wrong_voices_and_turns_are_refused(
    client: httpx.Client, fields: dict[str, Any], status: int, pointer: str
) -> None:
    response = client.post("/synthesize", json=fields)
    assert (response.status_code, [one["pointer"] for one in response.json()["errors"]]) == (status, [pointer])


def test_a_recorded_sample_is_served_as_it_is(client: httpx.Client, folder: Path) -> None:
    path = client.get("/voices/rook").json()["sample"]
    whole = client.get(path)
    assert whole.content == (folder / "rook" / "sample.wav").read_bytes()
    assert whole.headers["content-type"] == "audio/wav"
    part = client.get(path, headers={"Range": "bytes=4-7", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[4:8])
    assert client.get(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert client.get(path, headers={"Range": "bytes=99999-"}).status_code == 416


def test_a_voice_without_a_recording_speaks_a_sentence(client: httpx.Client) -> None:
    first = client.get("/voices/tiny/sample", headers={"Accept": "audio/flac"}).raise_for_status()
    assert first.headers["content-type"] == "audio/flac"
    part = client.get("/voices/tiny/sample", headers={"Accept": "audio/flac", "Range": "bytes=0-3"})
    assert (part.status_code, part.content, part.headers["etag"]) == (206, first.content[:4], first.headers["etag"])
    assert client.get("/voices/nobody/sample").status_code == 404


@pytest.mark.parametrize("name", ["application/json", "application/x-ndjson", "text/event-stream"])
def test_a_sample_with_times_is_complete_and_has_no_ranges(client: httpx.Client, name: str) -> None:
    headers = {"Accept": name, "Range": "bytes=0-3"}
    response = client.get("/voices/tiny/sample", headers=headers, timeout=60).raise_for_status()
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, name)
    if name == "application/json":
        assert base64.b64decode(response.json()["audio"]) == client.get("/voices/tiny/sample").content
    else:
        assert "speech.audio.done" in response.text


def test_a_sample_requires_the_key(client: httpx.Client) -> None:
    assert httpx.get(f"{client.base_url}/voices/tiny/sample", trust_env=False).status_code == 401


def test_names_of_other_services_select_by_gender_and_accent(client: httpx.Client) -> None:
    names = {"onyx": "rook", "nova": "tiny", "alloy": "tiny", "fable": "rook", "en-GB-RyanNeural": "rook"}
    names |= {"bm_george": "rook", "af_heart": "tiny", "Joanna": "tiny", "en_US-amy-medium": "tiny"}
    assert {name: client.get(f"/voices/{name}").json()["name"] for name in names} == names


def test_voices_come_and_go_while_requests_finish_with_theirs(
    client: httpx.Client, folder: Path, pipeline: Pipeline
) -> None:
    write_voice(folder, "crow")
    assert client.post("/voices/reload").raise_for_status().json() == {
        **{"voices": ["crow", "rook", "tiny"], "added": ["crow"], "changed": [], "removed": [], "problems": []}
    }
    with client.stream(
        "POST", "/synthesize", json={"text": "One. Two. Three.", "voice": "crow", "stream": True}
    ) as one:
        shutil.rmtree(folder / "crow")
        change(folder / "rook" / "voice.json", gain_db=-3.0)
        answer = client.post("/voices/reload").raise_for_status().json()
        assert (answer["removed"], answer["changed"]) == (["crow"], ["rook"])
        assert one.status_code == 200
        assert len(b"".join(one.iter_bytes())) > 10_000
    assert client.post("/synthesize", json={"text": "One.", "voice": "crow"}).status_code == 404
    assert client.post("/synthesize", json={"text": "One.", "voice": "rook"}).status_code == 200


def test_the_default_voice_stays_when_its_folder_is_gone(pipeline: Pipeline, folder: Path, tmp_path: Path) -> None:
    shutil.move(folder / "tiny", tmp_path / "tiny")
    try:
        reloaded = pipeline.reload_voices()
        assert reloaded.registry.get() is pipeline.registry.get()
        assert len(reloaded.registry.problems) == 1
    finally:
        shutil.move(tmp_path / "tiny", folder / "tiny")


def test_unused_voices_give_their_memory_back_but_the_default_one(pipeline: Pipeline) -> None:
    engine, registry = pipeline.engine, pipeline.registry
    for name in ("tiny", "rook"):
        pipeline.synthesize(SpeechRequest("One.", voice=name))
    last = max(used for _, used in engine.kept.values())
    engine.release_voices(registry, last + IDLE_SECONDS - 1)
    assert {loader.voice.name for loader, _ in engine.kept.values()} >= {"tiny", "rook"}
    engine.release_voices(registry, last + IDLE_SECONDS + 1)
    assert {loader.voice.name for loader in engine.loaders.values()} == {"tiny"}
    assert pipeline.synthesize(SpeechRequest("One.", voice="rook")).duration > 0


def test_reloading_without_keys_is_refused(pipeline: Pipeline, folder: Path) -> None:
    app = create_app(load_settings(voices=[folder], default_voice="tiny", api_keys={}))
    app.state.service.loaded = pipeline
    with serve_in_thread(app) as url:
        response = httpx.post(f"{url}/voices/reload", trust_env=False)
    assert (response.status_code, response.json()["code"]) == (403, "reload_refused")
