"""Parsing of the body of OpenAI's speech request."""

from __future__ import annotations

import pytest

from app.api.schemas.openai import MODELS, check_model, read_openai
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


@pytest.mark.parametrize("name", [*MODELS, "tts-1-0131", "tts-1-hd-0131", "gpt-4o-mini-tts-2030-01-31"])
def test_models_are_known_with_any_date_suffix(name: str) -> None:
    assert check_model(name.upper()) == name


@pytest.mark.parametrize(
    "name", ["", "tts", "tts-1-", "tts-1-11061", "tts-1-2030-01-31", "gpt-4o-mini-tts-1106", "tts-1\n"]
)
def test_unknown_models_are_refused(name: str) -> None:
    with pytest.raises(ModelNotFound):
        check_model(name)
