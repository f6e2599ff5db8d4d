"""Settings: defaults, sources, and invalid values."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.errors import SetupError
from app.settings import Settings, load_settings

KEY = "a-secret-0123456789"


@pytest.fixture(autouse=True)
def clear_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("INTONE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_those_of_the_reference() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.default_voice) == ("127.0.0.1", 8000, None)
    assert (settings.max_chars, settings.queue_size) == (20_000, 64)
    assert (settings.max_audio_seconds, settings.time_budget) == (3600, 600)
    assert (settings.stream_time_budget, settings.max_answer_bytes, settings.drain_seconds) == (600, 0, 25)
    assert (settings.allowed_hosts, settings.max_connections) == ([], 1000)
    assert (settings.max_streams, settings.max_streams_per_client) == (256, 64)
    assert (settings.max_sockets, settings.max_sockets_per_client) == (256, 64)
    assert settings.socket_chars_per_minute == 100_000
    assert (settings.reader_patience, settings.reader_rate) == (600, 500)
    assert settings.spool_mb == 2000
    assert (settings.threshold, settings.expressiveness, settings.strength) == (None, 1.0, "auto")
    assert (settings.api_keys, settings.rate_limit, settings.cors_origins, settings.root_path) == ({}, 0, [], "")
    assert (settings.allow_anonymous, settings.voice_aliases, settings.label_map) == (False, {}, None)
    assert (settings.lexicon, settings.wyoming) == (None, "")
    assert (settings.concurrency, settings.batch_size, settings.threads, settings.backend) == (16, 4, 1, "auto")
    assert (settings.cache_mb, settings.log_format, settings.device) == (64, "console", "auto")
    assert settings.workers >= 1 and settings.graph_cache.name == "intone"


def test_the_shipped_voices_and_classifier_are_in_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/home/me/data")
    settings = load_settings()
    assert [folder.parts[-2:] for folder in settings.voices] == [("models", "voices"), ("intone", "voices")]
    assert sys.platform != "linux" or settings.voices[1] == Path("/home/me/data/intone/voices")
    assert Path(settings.classifier).parts[-3:] == ("models", "emotion", "minilm-ekman")


def test_the_environment_overrides_dotenv_and_a_flag_overrides_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("INTONE_PORT=1111\nINTONE_QUEUE_SIZE=5\nOTHER=1\n")
    monkeypatch.setenv("INTONE_PORT", "2222")
    assert (load_settings().port, load_settings().queue_size) == (2222, 5)
    assert load_settings(port="3333").port == 3333


@pytest.mark.parametrize("written", ["/a:/b c", '["/a", "/b c"]'])
def test_folders_are_parsed_like_path_or_as_json(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("INTONE_VOICES", written)
    assert load_settings().voices == [Path("/a"), Path("/b c")]


@pytest.mark.parametrize("written", ["alloy=wren, nova=wren", '{"alloy": "wren", "nova": "wren"}'])
def test_aliases_are_parsed_from_pairs_or_json(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
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
        ("RATE_LIMIT", "-1"),
        ("RATE_LIMIT", "inf"),
        ("RATE_LIMIT", "nan"),
        ("CORS_ORIGINS", "page.example"),
        ("CORS_ORIGINS", "https://page.example/"),
        ("CORS_ORIGINS", "https://page.example/path"),
        ("CORS_ORIGINS", "https://"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "https://*.example"),
        ("CORS_ORIGINS", "[1]"),
        ("ROOT_PATH", "tts"),
        ("ROOT_PATH", "/a b"),
        ("ROOT_PATH", "/a//b"),
        ("ROOT_PATH", '/"><script>'),
        ("ROOT_PATH", "https://host/tts"),
        ("WYOMING", "127.0.0.1:10200"),
        ("WYOMING", "tcp://127.0.0.1"),
        ("WYOMING", "tcp://:10200"),
        ("WYOMING", "tcp://127.0.0.1:70000"),
        ("WYOMING", "tcp://user@127.0.0.1:10200"),
        ("WYOMING", "tcp://127.0.0.1:10200/path"),
        ("WYOMING", "http://127.0.0.1:10200"),
        ("WYOMING", "unix://run/a.sock"),
        ("WYOMING", "unix:///run/a.sock?b"),
    ],
)
def test_an_invalid_value_is_reported_in_one_line_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"INTONE_{name}", value)
    with pytest.raises(SetupError) as caught:
        load_settings()
    assert f"INTONE_{name}" in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        (f"alice={KEY},bob={KEY}=2", {"alice": KEY, "bob": f"{KEY}=2"}),
        (f" alice = {KEY} ,\n bob={KEY}==\n", {"alice": KEY, "bob": f"{KEY}=="}),
        (f'{{"alice": "{KEY}", "bob": "{KEY},2"}}', {"alice": KEY, "bob": f"{KEY},2"}),
        (f"{KEY},{KEY}==", {"key1": KEY, "key2": f"{KEY}=="}),
        (f'["{KEY}", "{KEY}="]', {"key1": KEY, "key2": f"{KEY}="}),
        (f"alice={KEY},{KEY}2", {"alice": KEY, "key2": f"{KEY}2"}),
        ("", {}),
    ],
)
def test_keys_are_parsed_with_or_without_names(
    monkeypatch: pytest.MonkeyPatch, written: str, keys: dict[str, str]
) -> None:
    monkeypatch.setenv("INTONE_API_KEYS", written)
    assert {name: key.get_secret_value() for name, key in load_settings().api_keys.items()} == keys


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("0123456789abcde", "under 16"),
        ("alice=short", "under 16"),
        ("alice=", "under 16"),
        (f"alice={KEY},bob=short", "key 2"),
        (f'{{"{KEY}": {{"a": "b"}}}}', "under 16"),
        ("[1]", "under 16"),
        (f'{{"alice": "{KEY} {KEY}"}}', "ASCII"),
        (f"alice={KEY}ä", "ASCII"),
        (f"{KEY} {KEY}={KEY}", "name of key 1"),
        (f"={KEY}", "name of key 1"),
        (f"alice={KEY},alice={KEY}2", "same name"),
        (f'{{"alice": "{KEY}", "alice": "{KEY}2"}}', "same name"),
        (f"key2={KEY},{KEY}2", "same name"),
        (f"alice={KEY},bob={KEY}", "same key"),
        (f'{{"alice": "{KEY}"', "line 1"),
    ],
)
def test_an_invalid_key_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch, written: str, reason: str) -> None:
    monkeypatch.setenv("INTONE_API_KEYS", written)
    with pytest.raises(SetupError, match=reason) as caught:
        load_settings()
    assert caught.value.detail.startswith("INTONE_API_KEYS: ")
    assert KEY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ValidationError) as raw:
        Settings()  # type: ignore[call-arg]
    assert KEY not in str(raw.value)


def test_the_settings_do_not_show_their_keys() -> None:
    settings = load_settings(api_keys=f"alice={KEY}")
    assert KEY not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("written", "origins"),
    [
        ("*", ["*"]),
        ("https://Page.Example, http://localhost:3000", ["https://page.example", "http://localhost:3000"]),
        ('["https://page.example"]', ["https://page.example"]),
        ("chrome-extension://abcdef", ["chrome-extension://abcdef"]),
        ("", []),
    ],
)
def test_origins_are_parsed_from_commas_or_json(
    monkeypatch: pytest.MonkeyPatch, written: str, origins: list[str]
) -> None:
    monkeypatch.setenv("INTONE_CORS_ORIGINS", written)
    assert load_settings().cors_origins == origins


@pytest.mark.parametrize(
    ("written", "path"), [("", ""), ("/", ""), ("/tts", "/tts"), ("/a/b.c_d~e-f/", "/a/b.c_d~e-f")]
)
def test_the_root_path_has_no_trailing_slash(written: str, path: str) -> None:
    assert load_settings(root_path=written).root_path == path


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_public_host_is_refused_without_keys_or_anonymous_access(host: str) -> None:
    with pytest.raises(SetupError, match="INTONE_ALLOW_ANONYMOUS=1"):
        load_settings(host=host)
    assert load_settings(host=host, allow_anonymous="1").host == host
    assert load_settings(host=host, api_keys=KEY).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert load_settings(host=host).host == host


@pytest.mark.parametrize(
    "written", ["tcp://127.0.0.1:10200", "tcp://[::1]:0", "tcp://localhost:1", "unix:///run/intone/a b.sock", ""]
)
def test_wyoming_needs_no_permission_on_this_machine(written: str) -> None:
    assert load_settings(wyoming=written).wyoming == written
    assert load_settings(wyoming=written, api_keys=KEY).wyoming == written


@pytest.mark.parametrize(
    "written", ["tcp://0.0.0.0:10200", "tcp://[::]:10200", "tcp://192.168.1.5:1", "tcp://tts.lan:9"]
)
def test_wyoming_is_refused_for_other_machines_beside_keys_or_without_permission(written: str) -> None:
    with pytest.raises(SetupError, match="INTONE_ALLOW_ANONYMOUS=1"):
        load_settings(wyoming=written)
    with pytest.raises(SetupError, match=r"INTONE_WYOMING.* no authentication.* no key"):
        load_settings(wyoming=written, api_keys=KEY, allow_anonymous="1")
    assert load_settings(wyoming=written, allow_anonymous="1").wyoming == written


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_an_unknown_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTONE_SOMETHING_ELSE", "1")
    load_settings()
