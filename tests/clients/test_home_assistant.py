"""Home Assistant through the integration `openai_tts` and the bridge `wyoming_openai`, with and without a key.

The requests are those of sfortis/openai_tts and roryeckel/wyoming_openai; each test names the file.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from app.voices.registry import OPENAI_VOICES
from tests.clients.openai_clients import KEY, RATE
from tests.decoding import decode
from tests.serving import Server

SENTENCES = ("The harbour was quiet when the ferry came in.", "I am so happy that you are finally here!", "How nice.")
AGENT = {"User-Agent": "HomeAssistant-OpenAI-TTS"}


def speak(server: Server, key: str = KEY, **fields: object) -> httpx.Response:
    """Send the request of custom_components/openai_tts/openaitts_engine.py."""
    headers = {"Content-Type": "application/json", **AGENT, "Authorization": f"Bearer {key}"}
    payload = {"model": "tts-1", "input": SENTENCES[1], "voice": "shimmer", "response_format": "mp3", **fields}
    with server.create_client() as client:
        return client.post("/v1/audio/speech", content=json.dumps(payload), headers=headers)


def test_a_full_stop_validates_the_key(keyed_server: Server) -> None:
    """custom_components/openai_tts/api_validation.py: only 401 and 403 mean a wrong key, only 2xx a right one."""
    probe = {"model": "tts-1", "input": ".", "voice": "alloy", "response_format": "mp3"}
    right = speak(keyed_server, **probe)
    assert (right.status_code, right.headers["x-warnings"]) == (200, "nothing_spoken")
    assert speak(keyed_server, KEY[:-1], **probe).status_code == 401


@pytest.mark.parametrize("headers", [AGENT, {**AGENT, "Authorization": f"Bearer {KEY}"}])
def test_the_integration_can_list_the_voices(keyed_server: Server, headers: Mapping[str, str]) -> None:
    """custom_components/openai_tts/voice_listing.py: the list next to the speech endpoint, with a limit of 100."""
    with keyed_server.create_client() as client:
        payload = client.get("/v1/audio/voices", params={"limit": 100}, headers=headers).json()
    items = payload.get("items") or payload.get("data") or payload.get("voices")
    offered = {voice["id"]: voice.get("name") or voice["id"] for voice in items}
    assert offered["wren"] == "Wren"
    assert set(OPENAI_VOICES) < set(offered)


def test_speed_instructions_and_an_extra_payload_are_accepted(keyed_server: Server) -> None:
    """custom_components/openai_tts/openaitts_engine.py: the extra payload is any JSON object of its settings."""
    response = speak(keyed_server, speed=1.0, instructions="Sound sad.", volume_multiplier=0.8)
    assert response.headers["x-emotions"] == "sadness"
    assert response.headers["x-warnings"] == "ignored_field"
    assert len(decode(response.content, "mp3", RATE)) > RATE


def test_wav_responses_of_several_sentences_can_be_joined(keyed_server: Server) -> None:
    """custom_components/openai_tts/streaming.py, `_split_wav_header`: the module `wave` reads all frames and nothing
    else."""
    for sentence in SENTENCES:
        data = speak(keyed_server, input=sentence, response_format="wav").content
        with wave.open(io.BytesIO(data)) as reader:
            assert (reader.getframerate(), reader.getsampwidth(), reader.getnchannels()) == (RATE, 2, 1)
            assert reader.readframes(reader.getnframes()) == data[44:]


def test_mp3_responses_of_several_sentences_can_be_joined(keyed_server: Server) -> None:
    """custom_components/openai_tts/streaming.py, `_strip_mp3_metadata`: there is none, neither at the start (ID3), nor
    in the first frame (Xing, Info), nor at the end (TAG)."""
    parts = [speak(keyed_server, input=sentence).content for sentence in SENTENCES]
    for part in parts:
        assert part[0] == 0xFF and part[1] & 0xE0 == 0xE0
        assert b"Xing" not in part[:400] and b"Info" not in part[:400] and part[-128:-125] != b"TAG"
    alone = sum(len(decode(part, "mp3", RATE)) for part in parts)
    assert len(decode(b"".join(parts), "mp3", RATE)) == pytest.approx(alone, abs=0.1 * RATE)


def test_the_bridge_identifies_the_service_as_openais(server: Server, keyed_server: Server) -> None:
    """src/wyoming_openai/compatibility.py: LocalAI has /readyz, speaches says OK at /health, Kokoro-FastAPI says ok at
    /test; the bridge offers OpenAI's voices only for a service that is none of these."""
    for service in (server, keyed_server):
        with service.create_client() as client:
            assert client.get("/v1/readyz").is_error
            health = client.get("/v1/../../health")
            assert str(health.url).endswith("/health") and health.is_success and health.text != "OK"
            kokoro = client.get("/v1/test")
            assert kokoro.is_error or kokoro.json().get("status") != "ok"


OFFERED = ("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer")
"""`list_openai_voices` in src/wyoming_openai/compatibility.py."""


def speak_through_bridge(server: Server, text: str, voice: str = "alloy") -> bytes:
    """Request speech as `_iter_tts_audio` in src/wyoming_openai/handler.py, in chunks of 2048 bytes; return the PCM."""
    headers = {"Accept": "application/octet-stream", "Content-Type": "application/json"}
    body = {"model": "gpt-4o-mini-tts", "voice": voice, "input": text, "response_format": "wav"}
    with (
        server.create_client() as client,
        client.stream("POST", "/v1/audio/speech", json=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        chunks = response.iter_bytes(2048)
        first = next(chunks)
        offset = find_data_offset(first)
        return first[offset:] + b"".join(chunks)


def find_data_offset(chunk: bytes) -> int:
    """Parse a header as `parse_wav_header` in src/wyoming_openai/wav.py: in the first chunk."""
    file = io.BytesIO(chunk)
    with wave.open(file) as reader:
        assert (reader.getframerate(), reader.getsampwidth(), reader.getnchannels()) == (RATE, 2, 1)
        offset = file.tell()
    return offset


def test_the_bridge_requests_three_sentences_at_once(server: Server) -> None:
    """src/wyoming_openai/handler.py: a request for each sentence, without a key if none is set."""
    with ThreadPoolExecutor(3) as pool:
        for sound in pool.map(lambda sentence: speak_through_bridge(server, sentence), SENTENCES):
            samples = np.frombuffer(sound, "<i2") / 32767
            assert len(samples) > 0.4 * RATE
            assert 0.01 < np.sqrt(np.mean(samples**2)) < 0.3


def test_every_voice_that_the_bridge_offers_speaks(server: Server) -> None:
    """src/wyoming_openai/compatibility.py has a fixed list of OpenAI's voices."""
    assert all(len(speak_through_bridge(server, "Hi.", voice)) > 0.1 * RATE for voice in OFFERED)


@pytest.mark.parametrize("text", [".", "!?", "🙂"])
def test_the_bridge_gets_silence_for_a_sentence_without_words(server: Server, text: str) -> None:
    """src/wyoming_openai/handler.py: a response without samples would be logged as an error."""
    assert not any(speak_through_bridge(server, text))
    assert len(speak_through_bridge(server, text)) == 2 * RATE / 10
