"""OpenAI's Python client speaks with this service as with its own."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai import OpenAI, Stream

from app.audio.encode import FORMATS
from app.settings import OPENAI_VOICES
from tests.clients.asking import BOOK, RATE, TEXT, create
from tests.decoding import Heard, heard
from tests.serving import Server, wait_until


def seconds(answer: Any) -> float:
    """Of an answer in pcm, the client's way: 16 bits a sample, 24000 of them a second."""
    return len(answer.content) / 2 / RATE


def warnings(answer: Any) -> list[str]:
    return answer.headers.get("x-warnings", "").split(",")


def rms(samples: Heard) -> float:
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


@pytest.fixture(scope="module")
def exact(openai_client: OpenAI) -> Heard:
    """The text, without loss."""
    answer = create(openai_client, input=TEXT, response_format="flac", extra_body={"seed": 1})
    return heard(answer.content, "flac", RATE)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_sound_at_24_khz_as_long_and_as_loud_as_without_loss(
    openai_client: OpenAI, exact: Heard, name: str
) -> None:
    answer = create(openai_client, input=TEXT, response_format=name, extra_body={"seed": 1})
    assert answer.headers["content-type"] == FORMATS[name].content_type_at(RATE)
    samples = heard(answer.content, name, RATE)
    assert 3 < len(exact) / RATE < 9
    assert len(samples) / RATE == pytest.approx(len(exact) / RATE, abs=0.05)
    assert 0.01 < rms(exact) < 0.3
    assert rms(samples) == pytest.approx(rms(exact), rel=0.1)


def test_mp3_is_what_comes_without_asking(openai_client: OpenAI) -> None:
    assert create(openai_client).headers["content-type"] == "audio/mpeg"


def test_the_answer_can_be_written_to_a_file(openai_client: OpenAI, tmp_path: Path) -> None:
    speech = openai_client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="wav")
    speech.write_to_file(tmp_path / "speech.wav")
    assert len(heard((tmp_path / "speech.wav").read_bytes(), "wav", RATE)) > 3 * RATE


@pytest.mark.parametrize("name", FORMATS)
def test_a_streamed_answer_is_the_plain_one(openai_client: OpenAI, tmp_path: Path, name: str) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": name, "extra_body": {"seed": 1}}
    plain = openai_client.audio.speech.create(**fields).content
    with openai_client.audio.speech.with_streaming_response.create(**fields) as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        answer.stream_to_file(tmp_path / "speech")
    np.testing.assert_array_equal(heard((tmp_path / "speech").read_bytes(), name, RATE), heard(plain, name, RATE))


def test_the_first_bytes_come_long_before_the_last_sentence_and_leaving_stops_the_rest(
    server: Server, openai_client: OpenAI
) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": BOOK, "response_format": "pcm"}
    with openai_client.audio.speech.with_streaming_response.create(**fields) as answer:
        pieces = answer.iter_bytes(4096)  # kept, for the client leaves when it is collected
        assert len(next(pieces)) == 4096
        # A line is logged when an answer is over, in whichever way.
        assert answer.headers["x-request-id"] not in server.log_text()
    wait_until(lambda: answer.headers["x-request-id"] in server.log_text(), 30)
    (line,) = [line for line in server.log_text().splitlines() if answer.headers["x-request-id"] in line]
    assert json.loads(line)["utterances"] < 200


def events(client: OpenAI, **fields: Any) -> list[dict[str, Any]]:
    """Server-sent events, read by the client's own machinery; its speech method knows only bytes."""
    body = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": TEXT, "stream_format": "sse", **fields}
    return list(client.post("/audio/speech", cast_to=object, body=body, stream=True, stream_cls=Stream[object]))


@pytest.mark.parametrize("name", FORMATS)
def test_the_deltas_of_the_events_joined_are_the_file(openai_client: OpenAI, name: str) -> None:
    plain = create(openai_client, input=TEXT, response_format=name, extra_body={"seed": 1}).content
    *deltas, done = events(openai_client, response_format=name, seed=1)
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    joined = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    np.testing.assert_array_equal(heard(joined, name, RATE), heard(plain, name, RATE))
    usage = {"input_tokens": len(TEXT), "output_tokens": 0, "total_tokens": len(TEXT)}
    assert done == {"type": "speech.audio.done", "usage": usage}


def test_nothing_but_events_is_sent(openai_client: OpenAI) -> None:
    fields = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": TEXT, "stream_format": "sse"}
    with openai_client.audio.speech.with_streaming_response.create(**fields) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-disposition" not in answer.headers
        lines = [line for line in answer.iter_lines() if line]
    assert all(line.startswith('data: {"type": "speech.audio.') for line in lines)
    assert "[DONE]" not in lines[-1]


@pytest.mark.parametrize("voice", [*OPENAI_VOICES, "Alloy", "wren", "WREN", {"id": "alloy"}, {"id": "wren"}, None])
def test_openais_voices_and_ours_are_known_by_name_and_as_objects(openai_client: OpenAI, voice: Any) -> None:
    assert create(openai_client, voice=voice).headers["x-voice"] == "wren"


@pytest.mark.parametrize("model", ["intone", "tts-1", "TTS-1-HD", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2030-01-31"])
def test_every_models_name_is_taken(openai_client: OpenAI, model: str) -> None:
    assert len(create(openai_client, model=model).content) > 1000


@pytest.mark.parametrize("model", ["tts-1", "gpt-4o-mini-tts"])
def test_instructions_that_name_an_emotion_pin_it(openai_client: OpenAI, model: str) -> None:
    answer = create(openai_client, model=model, input="It is late. It rains.", instructions="Sound cheerful, please.")
    assert answer.headers["x-emotions"] == "joy,joy"
    assert warnings(answer) == [""]


@pytest.mark.parametrize(
    ("instructions", "ours"),
    [
        ("Speak like a pirate.", {}),
        ("First sad, then cheerful.", {}),
        ("Sound cheerful.", {"emotion": "auto"}),
        ("Sound cheerful.", {"emotion": "neutral"}),
    ],
)
def test_other_instructions_are_ignored_and_that_is_told(
    openai_client: OpenAI, instructions: str, ours: dict[str, str]
) -> None:
    answer = create(openai_client, input="It is late.", instructions=instructions, extra_body=ours)
    assert answer.headers["x-emotions"] == "neutral"
    assert warnings(answer) == ["instructions_ignored"]


@pytest.mark.parametrize("instructions", ["", " \n"])
def test_empty_instructions_are_none(openai_client: OpenAI, instructions: str) -> None:
    assert warnings(create(openai_client, instructions=instructions)) == [""]


def test_speed_makes_it_shorter_or_longer(openai_client: OpenAI) -> None:
    fast, normal, slow = (
        seconds(create(openai_client, input=TEXT, response_format="pcm", speed=speed)) for speed in (2, 1, 0.5)
    )
    assert fast < 0.7 * normal < 0.7 * 0.7 * slow


def test_our_own_fields_are_extra(openai_client: OpenAI) -> None:
    ours = {"emotion": {"joy": 3, "surprise": 2}, "degree": 1.5, "seed": 1, "sample_rate": 48_000, "stream": False}
    answer = create(openai_client, response_format="wav", extra_body=ours)
    assert answer.headers["x-emotions"] == "joy"
    assert warnings(answer) == [""]
    duration = float(answer.headers["x-audio-duration"])
    assert len(heard(answer.content, "wav", 48_000)) == pytest.approx(48_000 * duration, abs=48)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert create(openai_client, response_format="wav", extra_body=ours).content == answer.content
    assert create(openai_client, response_format="wav", extra_body={**ours, "degree": 1}).content != answer.content


def test_the_input_may_be_ssml(openai_client: OpenAI) -> None:
    pieces = '<speak>One.<break time="2s"/>Two.</speak>', "One. Two."
    with_pause, without = (
        create(openai_client, input=text, response_format="pcm", extra_body={"ssml": text.startswith("<")})
        for text in pieces
    )
    assert seconds(with_pause) > seconds(without) + 1.2


def test_fields_of_other_servers_are_ignored_and_that_is_told(openai_client: OpenAI) -> None:
    answer = create(openai_client, extra_body={"lang_code": "a", "volume_multiplier": 2, "x\ny": None})
    assert warnings(answer) == ["ignored_field"]


def test_null_is_the_default_in_every_field(openai_client: OpenAI) -> None:
    names = ("voice", "response_format", "speed", "instructions", "stream_format", "emotion", "degree")
    nothing = dict.fromkeys((*names, "sample_rate", "seed", "ssml", "stream"))
    answer = create(openai_client, extra_body=nothing)
    assert (answer.headers["content-type"], warnings(answer)) == ("audio/mpeg", [""])
    assert "x-audio-duration" not in answer.headers
