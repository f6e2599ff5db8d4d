"""Open WebUI with the engine "OpenAI" and the URL of a service that requires a key.

The requests are those of `backend/open_webui/routers/audio.py` in open-webui/open-webui.
"""

from __future__ import annotations

import json

import httpx
import pytest

from app.voices.registry import OPENAI_VOICES
from tests.clients.openai_clients import KEY, RATE
from tests.decoding import decode
from tests.serving import Server

USER = {
    "X-OpenWebUI-User-Name": "Ada%20Lovelace",
    "X-OpenWebUI-User-Id": "0b1c2d3e",
    "X-OpenWebUI-User-Email": "ada@example.org",
    "X-OpenWebUI-User-Role": "admin",
}
"""Headers that it sends if its setting ENABLE_FORWARD_USER_INFO_HEADERS is on."""


def get(server: Server, path: str) -> dict[str, list[dict[str, str]]]:
    """Send its `requests.get(f"{TTS_OPENAI_API_BASE_URL}{path}")`: without the key; it ignores errors."""
    with server.create_client() as client:
        response = client.get(f"/v1{path}")
    response.raise_for_status()
    lists: dict[str, list[dict[str, str]]] = response.json()
    return lists


def request_speech(server: Server, key: str = KEY, **fields: object) -> httpx.Response:
    """Send the request of its `speech`: input and voice of its page, the model of its settings, extra parameters."""
    payload = {"input": "I am so happy that you are finally here!", "voice": "alloy", "model": "tts-1", **fields}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}", **USER}
    with server.create_client() as client:
        return client.post("/v1/audio/speech", content=json.dumps(payload), headers=headers)


def test_the_models_are_listed_without_the_key(keyed_server: Server) -> None:
    """`get_available_models` reads the list under "models" and passes it to the page, which shows each id."""
    names = [model["id"] for model in get(keyed_server, "/audio/models").get("models", [])]
    assert {"intone", "tts-1", "tts-1-hd"} <= set(names)


def test_the_voices_are_listed_without_the_key_with_ours_first(keyed_server: Server) -> None:
    """`get_available_voices` reads `{voice["id"]: voice["name"] for voice in data["voices"]}`."""
    voices = {voice["id"]: voice["name"] for voice in get(keyed_server, "/audio/voices")["voices"]}
    assert set(list(voices)[:2]) == {"tiny", "wren"}
    assert (voices["wren"], voices["alloy"]) == ("Wren", "alloy")
    assert set(OPENAI_VOICES) < set(voices)


def test_every_listed_model_speaks_with_every_listed_voice(keyed_server: Server) -> None:
    for model in get(keyed_server, "/audio/models")["models"]:
        assert request_speech(keyed_server, model=model["id"], input="Hi.").status_code == 200
    for voice in get(keyed_server, "/audio/voices")["voices"]:
        assert request_speech(keyed_server, voice=voice["id"], input="Hi.").status_code == 200


def test_the_default_response_is_mp3(keyed_server: Server) -> None:
    """`speech` writes the whole body to a file whose name ends in .mp3, whatever its format."""
    response = request_speech(keyed_server)
    response.raise_for_status()
    assert response.headers["x-emotions"] == "joy"
    assert len(decode(response.content, "mp3", RATE)) > RATE


def test_extra_parameters_of_its_settings_are_accepted(keyed_server: Server) -> None:
    """`TTS_OPENAI_PARAMS`: any JSON object, merged into the payload."""
    response = request_speech(keyed_server, speed=2, emotion="sadness", response_format="mp3", lang_code="a")
    assert response.headers["x-emotions"] == "sadness"
    assert response.headers["x-warnings"] == "ignored_field"


@pytest.mark.parametrize(
    ("key", "fields", "status"),
    [(KEY[1:], {}, 401), (KEY, {"voice": "nobody"}, 400), (KEY, {"model": "none"}, 404), (KEY, {"input": ""}, 400)],
)
def test_an_error_has_a_message_to_show(keyed_server: Server, key: str, fields: dict[str, str], status: int) -> None:
    """`speech` shows `res["error"]`, in earlier versions `res["error"]["message"]`."""
    refused = request_speech(keyed_server, key, **fields)
    assert refused.status_code == status
    assert len(refused.json()["error"]["message"]) > 10
