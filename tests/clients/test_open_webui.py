"""Open WebUI, set to the engine "OpenAI" and the address of a service that has keys.

The requests are those of `backend/open_webui/routers/audio.py` in open-webui/open-webui.
"""

from __future__ import annotations

import json

import httpx
import pytest

from app.settings import OPENAI_VOICES
from tests.clients.asking import KEY, RATE
from tests.decoding import heard
from tests.serving import Server

USER = {
    "X-OpenWebUI-User-Name": "Ada%20Lovelace",
    "X-OpenWebUI-User-Id": "0b1c2d3e",
    "X-OpenWebUI-User-Email": "ada@example.org",
    "X-OpenWebUI-User-Role": "admin",
}
"""Sent where its setting ENABLE_FORWARD_USER_INFO_HEADERS is on."""


def get(server: Server, path: str) -> dict[str, list[dict[str, str]]]:
    """As its `requests.get(f"{TTS_OPENAI_API_BASE_URL}{path}")`: without the key; any error is swallowed there."""
    with server.client() as client:
        answer = client.get(f"/v1{path}")
    answer.raise_for_status()
    lists: dict[str, list[dict[str, str]]] = answer.json()
    return lists


def speech(server: Server, key: str = KEY, **fields: object) -> httpx.Response:
    """As `speech` there: what its page sends (input, voice), the model of its settings, the extra parameters."""
    payload = {"input": "I am so happy that you are finally here!", "voice": "alloy", "model": "tts-1", **fields}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}", **USER}
    with server.client() as client:
        return client.post("/v1/audio/speech", content=json.dumps(payload), headers=headers)


def test_the_models_are_listed_without_the_key(keyed_server: Server) -> None:
    """`get_available_models` reads the list under "models" and hands it to its page, which shows each id."""
    names = [model["id"] for model in get(keyed_server, "/audio/models").get("models", [])]
    assert {"intone", "tts-1", "tts-1-hd"} <= set(names)


def test_the_voices_are_listed_without_the_key_ours_first(keyed_server: Server) -> None:
    """`get_available_voices` reads `{voice["id"]: voice["name"] for voice in data["voices"]}`."""
    voices = {voice["id"]: voice["name"] for voice in get(keyed_server, "/audio/voices")["voices"]}
    assert set(list(voices)[:2]) == {"tiny", "wren"}
    assert (voices["wren"], voices["alloy"]) == ("Wren", "alloy")
    assert set(OPENAI_VOICES) < set(voices)


def test_every_listed_model_speaks_with_every_listed_voice(keyed_server: Server) -> None:
    for model in get(keyed_server, "/audio/models")["models"]:
        assert speech(keyed_server, model=model["id"], input="Hi.").status_code == 200
    for voice in get(keyed_server, "/audio/voices")["voices"]:
        assert speech(keyed_server, voice=voice["id"], input="Hi.").status_code == 200


def test_the_answer_is_kept_as_mp3(keyed_server: Server) -> None:
    """`speech` writes the whole body to a file whose name ends in .mp3, whatever it is."""
    answer = speech(keyed_server)
    answer.raise_for_status()
    assert answer.headers["x-emotions"] == "joy"
    assert len(heard(answer.content, "mp3", RATE)) > RATE


def test_parameters_of_its_settings_are_added(keyed_server: Server) -> None:
    """`TTS_OPENAI_PARAMS`: any JSON, laid over the payload."""
    answer = speech(keyed_server, speed=2, emotion="sadness", response_format="mp3", lang_code="a")
    assert answer.headers["x-emotions"] == "sadness"
    assert answer.headers["x-warnings"] == "ignored_field"


@pytest.mark.parametrize(
    ("key", "fields", "status"),
    [(KEY[1:], {}, 401), (KEY, {"voice": "nobody"}, 400), (KEY, {"model": "none"}, 404), (KEY, {"input": ""}, 400)],
)
def test_an_error_can_be_shown(keyed_server: Server, key: str, fields: dict[str, str], status: int) -> None:
    """`speech` shows `res["error"]`, in earlier versions `res["error"]["message"]`."""
    refused = speech(keyed_server, key, **fields)
    assert refused.status_code == status
    assert len(refused.json()["error"]["message"]) > 10
