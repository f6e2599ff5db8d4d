"""Settings: defaults, environment, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SetupError
from app.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("INTONE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_those_of_the_reference() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.default_voice) == ("127.0.0.1", 8000, "wren")
    assert (settings.max_chars, settings.queue_size) == (20_000, 64)
    assert (settings.max_audio_seconds, settings.time_budget) == (3600, 600)
    assert settings.threshold is None
    assert settings.threads >= 1


def test_the_shipped_voices_and_classifier_are_looked_for_in_models() -> None:
    settings = load_settings()
    assert [folder.name for folder in settings.voices] == ["voices"]
    assert Path(settings.classifier).parts[-3:] == ("models", "emotion", "minilm-ekman")


def test_environment_beats_dotenv_and_a_flag_beats_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("INTONE_PORT=1111\nINTONE_QUEUE_SIZE=5\nOTHER=1\n")
    monkeypatch.setenv("INTONE_PORT", "2222")
    assert (load_settings().port, load_settings().queue_size) == (2222, 5)
    assert load_settings(port="3333").port == 3333


@pytest.mark.parametrize("written", ["/a:/b c", '["/a", "/b c"]'])
def test_folders_are_written_like_path_or_as_json(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("INTONE_VOICES", written)
    assert load_settings().voices == [Path("/a"), Path("/b c")]


@pytest.mark.parametrize("written", ["alloy=wren, nova=wren", '{"alloy": "wren", "nova": "wren"}'])
def test_aliases_are_written_as_pairs_or_as_json(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("INTONE_VOICE_ALIASES", written)
    assert load_settings().voice_aliases == {"alloy": "wren", "nova": "wren"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("PORT", "http"),
        ("MAX_CHARS", "0"),
        ("THRESHOLD", "1.5"),
        ("THRESHOLD", "nan"),
        ("QUEUE_SIZE", "-1"),
        ("WORKERS", "0"),
        ("TIME_BUDGET", "0"),
        ("LOG_FORMAT", "xml"),
        ("VOICES", "[1, "),
        ("VOICES", ""),
        ("VOICE_ALIASES", "alloy"),
        ("VOICE_ALIASES", "{"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"INTONE_{name}", value)
    with pytest.raises(SetupError) as caught:
        load_settings()
    assert f"INTONE_{name}" in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_bind_to_the_outside_is_refused_unless_everybody_is_welcome(host: str) -> None:
    with pytest.raises(SetupError, match="INTONE_ALLOW_ANONYMOUS=1"):
        load_settings(host=host)
    assert load_settings(host=host, allow_anonymous="1").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert load_settings(host=host).host == host


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_an_unknown_variable_is_nobodys_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTONE_SOMETHING_ELSE", "1")
    load_settings()
