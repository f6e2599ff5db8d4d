"""OpenAI's Python client works with this service as with OpenAI's."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from openai import OpenAI, Stream, omit

from app.audio.encode import FORMATS
from app.voices.registry import OPENAI_VOICES
from tests.clients.openai_clients import BOOK, RATE, TEXT, create_speech
from tests.decoding import Samples, decode
from tests.serving import Server, wait_until


def compute_duration(response: Any) -> float:
    """Compute the duration of a PCM response with 16-bit samples at 24 kHz."""
    return len(response.content) / 2 / RATE


def read_warnings(response: Any) -> list[str]:
    return response.headers.get("x-warnings", "").split(",")


def compute_rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


@pytest.fixture(scope="module")
def lossless_samples(openai_client: OpenAI) -> Samples:
    """Request the text in a lossless format."""
    response = create_speech(openai_client, input=TEXT, response_format="flac", extra_body={"seed": 1})
    return decode(response.content, "flac", RATE)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_matches_lossless_audio_in_length_and_level(
    openai_client: OpenAI, lossless_samples: Samples, name: str
) -> None:
    response = create_speech(openai_client, input=TEXT, response_format=name, extra_body={"seed": 1})
    rate = 8000 if name in ("ulaw", "alaw") else RATE
    assert response.headers["content-type"] == FORMATS[name].format_content_type(rate)
    samples = decode(response.content, name, rate)
    assert 3 < len(lossless_samples) / RATE < 9
    assert len(samples) / rate == pytest.approx(len(lossless_samples) / RATE, abs=0.05)
    assert 0.01 < compute_rms(lossless_samples) < 0.3
    assert compute_rms(samples) == pytest.approx(compute_rms(lossless_samples), rel=0.1)


def test_mp3_is_the_default_format(openai_client: OpenAI) -> None:
    assert create_speech(openai_client).headers["content-type"] == "audio/mpeg"


def test_a_response_can_be_written_to_a_file(openai_client: OpenAI, tmp_path: Path) -> None:
    speech = openai_client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="wav")
    speech.write_to_file(tmp_path / "speech.wav")
    assert len(decode((tmp_path / "speech.wav").read_bytes(), "wav", RATE)) > 3 * RATE


@pytest.mark.parametrize("name", FORMATS)
def test_a_streamed_response_equals_the_plain_one(openai_client: OpenAI, tmp_path: Path, name: str) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": name}
    plain = openai_client.audio.speech.create(**fields, extra_body={"seed": 1}).content
    ours = {"seed": 1, "stream": True}
    with openai_client.audio.speech.with_streaming_response.create(**fields, extra_body=ours) as response:
        assert response.headers["transfer-encoding"] == "chunked"
        response.stream_to_file(tmp_path / "speech")
    np.testing.assert_array_equal(decode((tmp_path / "speech").read_bytes(), name, RATE), decode(plain, name, RATE))


@pytest.mark.parametrize("name", ["flac", "wav"])
def test_flac_and_wav_are_files_that_every_library_reads(openai_client: OpenAI, tmp_path: Path, name: str) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": name}
    openai_client.audio.speech.create(**fields).write_to_file(tmp_path / "whole")
    # As in OpenAI's own examples, which save what they receive.
    with openai_client.audio.speech.with_streaming_response.create(**fields) as response:
        assert "transfer-encoding" not in response.headers
        seconds = float(response.headers["x-audio-duration"])
        response.stream_to_file(tmp_path / "received")
    for file in (tmp_path / "whole", tmp_path / "received"):
        samples, rate = soundfile.read(file)
        assert (rate, len(samples)) == (RATE, soundfile.info(file).frames)
        assert len(samples) / rate == pytest.approx(seconds, abs=0.3)  # without a seed, the durations differ


def test_a_wav_file_declares_its_length_and_a_stream_an_unknown_one(openai_client: OpenAI) -> None:
    whole, stream = (
        create_speech(openai_client, response_format="wav", extra_body={"seed": 1, "stream": stream}).content
        for stream in (None, True)
    )
    assert struct.unpack("<4xI32xI", whole[:44]) == (len(whole) - 8, len(whole) - 44)
    assert struct.unpack("<4xI32xI", stream[:44]) == (0xFFFFFFFF, 0xFFFFFFFF)
    assert whole[44:] == stream[44:]


@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "pcm"])
def test_formats_without_a_length_are_streams(openai_client: OpenAI, name: str) -> None:
    assert create_speech(openai_client, response_format=name).headers["transfer-encoding"] == "chunked"


def test_the_same_seed_gives_the_same_etag_and_no_304(openai_client: OpenAI) -> None:
    etags = [create_speech(openai_client, extra_body={"seed": seed}).headers["etag"] for seed in (1, 1, 2)]
    assert etags[0] == etags[1] != etags[2]
    again = create_speech(openai_client, extra_body={"seed": 1}, extra_headers={"If-None-Match": etags[0]})
    assert again.status_code == 200 and again.content
    assert "etag" not in create_speech(openai_client).headers


def test_a_stream_starts_early_and_a_disconnect_stops_the_synthesis(server: Server, openai_client: OpenAI) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": BOOK, "response_format": "pcm"}
    with openai_client.audio.speech.with_streaming_response.create(**fields) as response:
        pieces = response.iter_bytes(4096)  # kept, as the client disconnects when it is garbage-collected
        assert len(next(pieces)) == 4096
        # The line is logged when the response ends, complete or not.
        assert response.headers["x-request-id"] not in server.log_text()
    wait_until(lambda: response.headers["x-request-id"] in server.log_text(), 30)
    (line,) = [line for line in server.log_text().splitlines() if response.headers["x-request-id"] in line]
    assert json.loads(line)["utterances"] < 200


def request_events(client: OpenAI, **fields: Any) -> list[dict[str, Any]]:
    """Request server-sent events with the client's generic method, as its speech method returns only bytes."""
    body = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": TEXT, "stream_format": "sse", **fields}
    return list(client.post("/audio/speech", cast_to=object, body=body, stream=True, stream_cls=Stream[object]))


@pytest.mark.parametrize("name", FORMATS)
def test_the_joined_deltas_of_the_events_equal_the_file(openai_client: OpenAI, name: str) -> None:
    plain = create_speech(openai_client, input=TEXT, response_format=name, extra_body={"seed": 1}).content
    *events, done = request_events(openai_client, response_format=name, seed=1)
    deltas = [event for event in events if event["type"] == "speech.audio.delta"]
    joined = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    np.testing.assert_array_equal(decode(joined, name, RATE), decode(plain, name, RATE))
    usage = {"input_tokens": len(TEXT), "output_tokens": 0, "total_tokens": len(TEXT)}
    assert (done["type"], done["usage"], done["warnings"]) == ("speech.audio.done", usage, [])


def test_the_events_name_each_utterance_before_its_audio(openai_client: OpenAI) -> None:
    events = request_events(openai_client, response_format="pcm", seed=1)
    types = [event["type"] for event in events]
    assert types[:3] == ["speech.start", "speech.utterance", "speech.audio.delta"]
    utterances = [event["utterance"] for event in events if event["type"] == "speech.utterance"]
    assert " ".join(one["text"] for one in utterances) == TEXT
    assert all(one["words"] for one in utterances)


def test_an_event_stream_contains_only_events(openai_client: OpenAI) -> None:
    fields = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": TEXT, "stream_format": "sse"}
    with openai_client.audio.speech.with_streaming_response.create(**fields) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "content-disposition" not in response.headers
        lines = [line for line in response.iter_lines() if line]
    assert all(line.startswith('data: {"type": "speech.') for line in lines)
    assert "[DONE]" not in lines[-1]


@pytest.mark.parametrize("voice", [*OPENAI_VOICES, "Alloy", "wren", "WREN", {"id": "alloy"}, {"id": "wren"}, None])
def test_voices_are_accepted_by_name_and_as_objects(openai_client: OpenAI, voice: Any) -> None:
    assert create_speech(openai_client, voice=voice).headers["x-voice"] == "wren"


@pytest.mark.parametrize(
    "model", ["intone", "tts-1", "TTS-1-HD", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2030-01-31", "", omit]
)
def test_every_model_name_is_accepted_and_none_is_required(openai_client: OpenAI, model: Any) -> None:
    assert len(create_speech(openai_client, model=model).content) > 1000


@pytest.mark.parametrize("model", ["tts-1", "gpt-4o-mini-tts"])
def test_instructions_that_name_an_emotion_pin_it(openai_client: OpenAI, model: str) -> None:
    response = create_speech(
        openai_client, model=model, input="It is late. It rains.", instructions="Sound cheerful, please."
    )
    assert response.headers["x-emotions"] == "joy,joy"
    assert read_warnings(response) == [""]


@pytest.mark.parametrize(
    ("instructions", "ours"),
    [
        ("Speak like a pirate.", {}),
        ("First sad, then cheerful.", {}),
        ("Sound cheerful.", {"emotion": "auto"}),
        ("Sound cheerful.", {"emotion": "neutral"}),
    ],
)
def test_other_instructions_are_ignored_with_a_warning(
    openai_client: OpenAI, instructions: str, ours: dict[str, str]
) -> None:
    response = create_speech(openai_client, input="It is late.", instructions=instructions, extra_body=ours)
    assert response.headers["x-emotions"] == "neutral"
    assert read_warnings(response) == ["instructions_ignored"]


@pytest.mark.parametrize(
    ("instructions", "emotion", "warnings"),
    [
        ("Don't sound angry.", "neutral", "instructions_ignored"),
        ("Sound very sad, and speak slowly.", "sadness", ""),
        ("Speak as if you just got the best news of your life.", "joy", ""),
        ("Sound sad, with a British accent.", "sadness", "instructions_partly"),
        ("Whisper.", "neutral", "whisper_quiet"),
    ],
)
def test_instructions_in_free_words_are_understood(
    openai_client: OpenAI, instructions: str, emotion: str, warnings: str
) -> None:
    response = create_speech(openai_client, input="It is late.", instructions=instructions)
    assert (response.headers["x-emotions"], read_warnings(response)) == (emotion, [warnings])


def test_instructions_set_rate_and_loudness(openai_client: OpenAI) -> None:
    plain, changed = (
        create_speech(openai_client, input=TEXT, response_format="pcm", instructions=one, extra_body={"seed": 1})
        for one in ("", "Speak very slowly and quietly.")
    )
    assert compute_duration(changed) > 1.3 * compute_duration(plain)
    levels = [compute_rms(np.frombuffer(one.content, np.int16)) for one in (plain, changed)]
    assert levels[1] < 0.8 * levels[0]


def test_tags_in_the_input_are_read_unless_switched_off(openai_client: OpenAI) -> None:
    text = "[sad] It is late. [disgusted] It rains. [laughs]"
    response = create_speech(openai_client, input=text)
    assert (response.headers["x-emotions"], read_warnings(response)) == ("sadness,disgust", ["tag_ignored"])
    response = create_speech(openai_client, input=text, extra_body={"tags": False})
    assert len(response.headers["x-emotions"].split(",")) == 3 and read_warnings(response) == [""]  # [laughs] is read


@pytest.mark.parametrize("instructions", ["", " \n"])
def test_empty_instructions_cause_no_warning(openai_client: OpenAI, instructions: str) -> None:
    assert read_warnings(create_speech(openai_client, instructions=instructions)) == [""]


def test_speed_changes_the_duration(openai_client: OpenAI) -> None:
    fast, normal, slow = (
        compute_duration(create_speech(openai_client, input=TEXT, response_format="pcm", speed=speed))
        for speed in (2, 1, 0.5)
    )
    assert fast < 0.7 * normal < 0.7 * 0.7 * slow


def test_our_own_fields_are_accepted_in_the_extra_body(openai_client: OpenAI) -> None:
    ours = {"emotion": {"joy": 3, "surprise": 2}, "degree": 1.5, "seed": 1, "sample_rate": 48_000, "stream": False}
    response = create_speech(openai_client, response_format="wav", extra_body=ours)
    assert response.headers["x-emotions"] == "joy"
    assert read_warnings(response) == [""]
    duration = float(response.headers["x-audio-duration"])
    assert len(decode(response.content, "wav", 48_000)) == pytest.approx(48_000 * duration, abs=48)
    assert int(response.headers["content-length"]) == len(response.content)
    assert create_speech(openai_client, response_format="wav", extra_body=ours).content == response.content
    assert (
        create_speech(openai_client, response_format="wav", extra_body={**ours, "degree": 1}).content
        != response.content
    )


def test_the_input_can_be_ssml(openai_client: OpenAI) -> None:
    pieces = '<speak>One.<break time="2s"/>Two.</speak>', "One. Two."
    with_pause, without = (
        create_speech(openai_client, input=text, response_format="pcm", extra_body={"ssml": text.startswith("<")})
        for text in pieces
    )
    assert compute_duration(with_pause) > compute_duration(without) + 1.2


def test_fields_of_other_servers_are_ignored_with_a_warning(openai_client: OpenAI) -> None:
    response = create_speech(openai_client, extra_body={"lang_code": "a", "volume_multiplier": 2, "x\ny": None})
    assert read_warnings(response) == ["ignored_field"]


def test_null_is_the_default_in_every_field(openai_client: OpenAI) -> None:
    names = ("voice", "response_format", "speed", "instructions", "stream_format", "emotion", "degree", "tags")
    nothing = dict.fromkeys((*names, "sample_rate", "seed", "ssml", "stream"))
    response = create_speech(openai_client, extra_body=nothing)
    assert (response.headers["content-type"], read_warnings(response)) == ("audio/mpeg", [""])
    empty = create_speech(openai_client, extra_body=dict.fromkeys(nothing, ""))
    assert (empty.headers["content-type"], read_warnings(empty)) == ("audio/mpeg", [""])
    assert "x-audio-duration" not in response.headers
