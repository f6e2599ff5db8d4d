"""Home Assistant by two ways: the integration `openai_tts`, and the bridge `wyoming_openai`, each with a key or none.

The requests are those of sfortis/openai_tts and roryeckel/wyoming_openai; each test names the file.
"""

from __future__ import annotations

import io
import json
import struct
import wave
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from app.settings import OPENAI_VOICES
from tests.clients.asking import KEY, RATE
from tests.decoding import heard
from tests.serving import Server

SENTENCES = ("The harbour was quiet when the ferry came in.", "I am so happy that you are finally here!", "How nice.")
AGENT = {"User-Agent": "HomeAssistant-OpenAI-TTS"}


def ask(server: Server, key: str = KEY, **fields: object) -> httpx.Response:
    """The request of custom_components/openai_tts/openaitts_engine.py."""
    headers = {"Content-Type": "application/json", **AGENT, "Authorization": f"Bearer {key}"}
    payload = {"model": "tts-1", "input": SENTENCES[1], "voice": "shimmer", "response_format": "mp3", **fields}
    with server.client() as client:
        return client.post("/v1/audio/speech", content=json.dumps(payload), headers=headers)


def test_the_key_is_tried_with_a_full_stop(keyed_server: Server) -> None:
    """custom_components/openai_tts/api_validation.py: only 401 and 403 mean a wrong key, only 2xx a right one."""
    probe = {"model": "tts-1", "input": ".", "voice": "alloy", "response_format": "mp3"}
    right = ask(keyed_server, **probe)
    assert (right.status_code, right.headers["x-warnings"]) == (200, "nothing_spoken")
    assert ask(keyed_server, KEY[:-1], **probe).status_code == 401


@pytest.mark.parametrize("headers", [AGENT, {**AGENT, "Authorization": f"Bearer {KEY}"}])
def test_the_voices_are_offered(keyed_server: Server, headers: Mapping[str, str]) -> None:
    """custom_components/openai_tts/voice_listing.py: the list beside the address of speech, a hundred of it."""
    with keyed_server.client() as client:
        payload = client.get("/v1/audio/voices", params={"limit": 100}, headers=headers).json()
    items = payload.get("items") or payload.get("data") or payload.get("voices")
    offered = {voice["id"]: voice.get("name") or voice["id"] for voice in items}
    assert offered["wren"] == "Wren"
    assert set(OPENAI_VOICES) < set(offered)


def test_speed_instructions_and_an_extra_payload_are_understood(keyed_server: Server) -> None:
    """custom_components/openai_tts/openaitts_engine.py: the extra payload is any JSON object of its settings."""
    answer = ask(keyed_server, speed=1.0, instructions="Sound sad.", volume_multiplier=0.8)
    assert answer.headers["x-emotions"] == "sadness"
    assert answer.headers["x-warnings"] == "ignored_field"
    assert len(heard(answer.content, "mp3", RATE)) > RATE


def test_wav_answers_of_several_sentences_can_be_joined(keyed_server: Server) -> None:
    """custom_components/openai_tts/streaming.py, `_split_wav_header`: the module `wave` finds all frames, and only
    frames, though the header says no length."""
    for sentence in SENTENCES:
        data = ask(keyed_server, input=sentence, response_format="wav").content
        with wave.open(io.BytesIO(data)) as reader:
            assert (reader.getframerate(), reader.getsampwidth(), reader.getnchannels()) == (RATE, 2, 1)
            assert reader.readframes(reader.getnframes()) == data[44:]


def test_mp3_answers_of_several_sentences_can_be_joined(keyed_server: Server) -> None:
    """custom_components/openai_tts/streaming.py, `_strip_mp3_metadata`: there is none, neither in front (ID3), nor in
    the first frame (Xing, Info), nor behind (TAG)."""
    parts = [ask(keyed_server, input=sentence).content for sentence in SENTENCES]
    for part in parts:
        assert part[0] == 0xFF and part[1] & 0xE0 == 0xE0
        assert b"Xing" not in part[:400] and b"Info" not in part[:400] and part[-128:-125] != b"TAG"
    alone = sum(len(heard(part, "mp3", RATE)) for part in parts)
    assert len(heard(b"".join(parts), "mp3", RATE)) == pytest.approx(alone, abs=0.1 * RATE)


def test_the_bridge_takes_the_service_for_openais(server: Server, keyed_server: Server) -> None:
    """src/wyoming_openai/compatibility.py: LocalAI answers /readyz, speaches says OK at /health, Kokoro-FastAPI says ok
    at /test; only for a service that is none of these the bridge offers OpenAI's voices."""
    for service in (server, keyed_server):
        with service.client() as client:
            assert client.get("/v1/readyz").is_error
            health = client.get("/v1/../../health")
            assert str(health.url).endswith("/health") and health.is_success and health.text != "OK"
            kokoro = client.get("/v1/test")
            assert kokoro.is_error or kokoro.json().get("status") != "ok"


OFFERED = ("alloy", "ash", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer")
"""`list_openai_voices` in src/wyoming_openai/compatibility.py."""


def bridged(server: Server, text: str, voice: str = "alloy") -> bytes:
    """`_iter_tts_audio` in src/wyoming_openai/handler.py, read in chunks of 2048 bytes: the PCM."""
    headers = {"Accept": "application/octet-stream", "Content-Type": "application/json"}
    body = {"model": "gpt-4o-mini-tts", "voice": voice, "input": text, "response_format": "wav"}
    with server.client() as client, client.stream("POST", "/v1/audio/speech", json=body, headers=headers) as answer:
        assert answer.status_code == 200
        chunks = answer.iter_bytes(2048)
        first = next(chunks)
        offset = data_offset(first)
        return first[offset:] + b"".join(chunks)


def data_offset(chunk: bytes) -> int:
    """`parse_wav_header` in src/wyoming_openai/wav.py: the whole header in the first chunk, the length open."""
    file = io.BytesIO(chunk)
    with wave.open(file) as reader:
        assert (reader.getframerate(), reader.getsampwidth(), reader.getnchannels()) == (RATE, 2, 1)
        offset = file.tell()
    assert struct.unpack("<I", chunk[offset - 4 : offset]) == (0xFFFFFFFF,)
    return offset


def test_the_bridge_speaks_three_sentences_at_a_time(server: Server) -> None:
    """src/wyoming_openai/handler.py: a request for each sentence, without a key where none is set."""
    with ThreadPoolExecutor(3) as crowd:
        for sound in crowd.map(lambda sentence: bridged(server, sentence), SENTENCES):
            samples = np.frombuffer(sound, "<i2") / 32767
            assert len(samples) > 0.4 * RATE
            assert 0.01 < np.sqrt(np.mean(samples**2)) < 0.3


def test_every_voice_that_the_bridge_offers_speaks(server: Server) -> None:
    """src/wyoming_openai/compatibility.py knows OpenAI's voices by heart."""
    assert all(len(bridged(server, "Hi.", voice)) > 0.1 * RATE for voice in OFFERED)


@pytest.mark.parametrize("text", [".", "!?", "🙂"])
def test_the_bridge_gets_sound_for_a_sentence_with_nothing_to_say(server: Server, text: str) -> None:
    """src/wyoming_openai/handler.py: an answer without samples would be logged as an error."""
    assert not any(bridged(server, text))
    assert len(bridged(server, text)) == 2 * RATE / 10
