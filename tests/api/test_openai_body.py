"""Parsing of the body of OpenAI's speech request."""

from __future__ import annotations

from typing import Any

import pytest

from app.api.schemas.openai import MODELS, OpenAiSpeech, check_model, read_openai
from app.audio.encode import FORMATS
from app.errors import ModelNotFound

HELLO = {"model": "tts-1", "input": "Hello."}


def test_any_number_of_unknown_fields_gives_one_warning() -> None:
    (warning,) = read_openai({**HELLO, **{f"field{number}": 0 for number in range(10_000)}}).warnings
    assert warning.code == "ignored_field"
    assert "'field0', 'field1'" in warning.detail and len(warning.detail) < 200
    assert read_openai(HELLO).warnings == ()


def test_defaults_are_those_that_openais_clients_expect() -> None:
    fields, sse, _ = read_openai(HELLO)
    assert (fields.format, fields.sample_rate, fields.stream, fields.voice, sse) == ("mp3", 24_000, True, None, False)


@pytest.mark.parametrize(("name", "rate"), [("ulaw", 8000), ("ALAW_8000", 8000), ("pcm", 24_000), ("gsm", 24_000)])
def test_the_default_sample_rate_is_one_of_the_format(name: str, rate: int) -> None:
    assert read_openai({**HELLO, "response_format": name}).fields.sample_rate == rate
    assert read_openai({**HELLO, "response_format": name, "sample_rate": 16_000}).fields.sample_rate == 16_000


@pytest.mark.parametrize(
    ("fields", "stream"),
    [
        *(({"response_format": name}, False) for name in ("flac", "wav", "FLAC", "Wav")),
        *(({"response_format": name}, True) for name in ("mp3", "opus", "aac", "pcm", "ulaw", "alaw", "MP3", "", None)),
        *(({"response_format": name, "stream_format": "audio"}, False) for name in ("flac", "wav")),
        *(({"response_format": name, "stream_format": "sse"}, True) for name in FORMATS),
        *(({"response_format": name, "stream": True}, True) for name in FORMATS),
        *(({"response_format": name, "stream": False}, False) for name in FORMATS),
    ],
)
def test_flac_and_wav_are_complete_files_unless_a_stream_is_requested(fields: dict[str, Any], stream: bool) -> None:
    assert read_openai({**HELLO, **fields}).fields.stream is stream


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_string_is_the_default_of_every_field_but_the_input(empty: str | None) -> None:
    names = OpenAiSpeech.model_fields.keys() - {"input"}
    assert read_openai({"input": "Hello.", **dict.fromkeys(names, empty)}) == read_openai({"input": "Hello."})
    assert read_openai({**HELLO, "voice": {"id": ""}}).fields.voice is None
    assert read_openai({**HELLO, "input": ""}).fields.text == ""


def test_white_space_is_a_value() -> None:
    assert read_openai({**HELLO, "voice": " "}).fields.voice == " "


@pytest.mark.parametrize("name", [*MODELS, "tts-1-0131", "tts-1-hd-0131", "gpt-4o-mini-tts-2030-01-31"])
def test_models_are_known_with_any_date_suffix(name: str) -> None:
    assert check_model(name.upper()) == name


@pytest.mark.parametrize(
    "name", ["", "tts", "tts-1-", "tts-1-11061", "tts-1-2030-01-31", "gpt-4o-mini-tts-1106", "tts-1\n"]
)
def test_unknown_models_are_refused(name: str) -> None:
    with pytest.raises(ModelNotFound):
        check_model(name)
